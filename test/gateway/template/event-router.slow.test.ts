import fc from 'fast-check';
import { expect, it } from 'vitest';
import { destinationTemplates } from '../../../src/gateway/sinks/create-sinks.js';
import { TemplateRouter } from '../../../src/gateway/template/event-router.js';
import { testConfig } from '../../support/running-gateway.js';

const NO_TAGS: ReadonlyMap<string, string> = new Map();

function routerOf(text: string, variables: Readonly<Record<string, string>> = {}): TemplateRouter {
  return new TemplateRouter([{ text }], new Map(Object.entries(variables)));
}

function routeOf(template: string, { tags = NO_TAGS, message = '', variables = {} } = {}): string | undefined {
  return routerOf(template, variables).route(tags, Buffer.from(message))[0];
}

it('a tag is any tag of the connection, with its default where it is missing or empty', () => {
  const tags = new Map([
    ['room', 'a1'],
    ['none', ''],
  ]);
  expect(routeOf('r-{tag.room}-{tag.none}-{tag.other:x}', { tags })).toBe('r-a1-_-x');
});

it('a variable is read from the message at the path of the endpoint', () => {
  const message = '{"cmd":{"n":1.50e3},"user":"u"}';
  const variables = { n: 'cmd.n', user: 'user', all: 'cmd', no: 'nope' };
  expect(routeOf('{json.n}.{json.user}.{json.no:none}.{json.all}', { message, variables })).toBe(
    '1500.u.none.__n_:1.50e3_',
  );
});

it('a variable that the endpoint does not define, and an unknown prefix, give the default', () => {
  expect(routeOf('{json.x}{env.x:y}{x}', { message: '{"x":1}' })).toBe('_y_');
});

it('substituted text is not expanded again', () => {
  const tags = new Map([['a', '{tag.b}']]);
  expect(routeOf('{tag.a}', { tags })).toBe('_tag.b_');
  expect(routeOf('{json.a}', { message: '{"a":"{json.b}","b":"x"}', variables: { a: 'a', b: 'b' } })).toBe('_json.b_');
});

it('each character that is not allowed becomes one underscore, and a value is cut at 128', () => {
  const tags = new Map([['a', 'a b/c*>é😀\n.:-_Z9']]);
  expect(routeOf('{tag.a}', { tags })).toBe('a_b_c_____.:-_Z9');
  const message = JSON.stringify({ a: `${'é'.repeat(100)}${'b'.repeat(100)}` });
  expect(routeOf('<{json.a}>', { message, variables: { a: 'a' } })).toBe(`<${'_'.repeat(100)}${'b'.repeat(28)}>`);
});

it('a destination is at most as long as a routing key may be, and never empty', () => {
  const tags = new Map([['a', 'x'.repeat(1000)]]);
  expect(routeOf('{tag.a}{tag.a}{tag.a}', { tags })).toBe('x'.repeat(255));
  expect(routeOf('{tag.none:}')).toBe('_');
});

it('an empty default adds nothing', () => {
  expect(routeOf('s{tag.none:}')).toBe('s');
});

it('open and close take the default of a variable', () => {
  const router = routerOf('{tag.a}.{json.x:none}', { x: 'x' });
  const tags = new Map([['a', '1']]);
  expect(router.route(tags, undefined)).toEqual(['1.none']);
  expect(router.route(tags, Buffer.from('{"x":"m"}'))).toEqual(['1.m']);
});

it('all events of connections with the same tags share one array unless a template has a variable', () => {
  const router = routerOf('{tag.a}');
  const tags = new Map([['a', '1']]);
  const first = router.route(tags, undefined);
  expect(router.route(tags, Buffer.from('{}'))).toBe(first);
  expect(router.route(new Map([['a', '2']]), undefined)).toEqual(['2']);
});

it('each sink has its own destination at its position, with and without a variable', () => {
  const templates = [{ text: 'a-{json.x:none}' }, { text: '' }, { text: 'c-{tag.t}' }, { text: 'd' }];
  const router = new TemplateRouter(templates, new Map([['x', 'x']]));
  const tags = new Map([['t', '1']]);
  expect(router.route(tags, undefined)).toEqual(['a-none', '', 'c-1', 'd']);
  expect(router.route(tags, Buffer.from('{"x":"m"}'))).toEqual(['a-m', '', 'c-1', 'd']);
  expect(router.route(tags, undefined)).toEqual(['a-none', '', 'c-1', 'd']);
});

it('a subject of NATS has no empty token', () => {
  const { sinks } = testConfig({
    stream_amqp: { addr: 'amqp://h', routing_key: '{tag.a}..' },
    stream_nats: { addr: 'nats://h', subject: 'x.{tag.a:}.{tag.b}' },
  });
  const router = new TemplateRouter(destinationTemplates(sinks) ?? [], new Map());
  expect(router.route(new Map([['b', '.y..z.']]), undefined)).toEqual(['', '_..', 'x._._.y._.z._']);
});

it('sinks without a placeholder are not routed at all', () => {
  const templates = (redis: Record<string, unknown>) => destinationTemplates(testConfig({ stream_redis: redis }).sinks);
  expect(templates({ addr: 'redis://x' })).toBeUndefined();
  expect(templates({ stream_name: '{tag.a}' })).toBeUndefined();
  const routed = templates({ addr: 'redis://x', stream_name: 's-{tag.a}' });
  expect(routed?.map(({ text }) => text)).toEqual(['s-{tag.a}', '', '']);
});

it('no tag and no message results in a forbidden character', () => {
  const router = routerOf('{tag.a}|{json.a}', { a: 'a' });
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (tag, value) => {
      const [destination] = router.route(new Map([['a', tag]]), Buffer.from(JSON.stringify({ a: value })));
      expect(destination).toMatch(/^[\w.:-]{1,128}\|[\w.:-]{1,128}$/);
    }),
  );
});
