import fc from 'fast-check';
import { expect, it } from 'vitest';
import { resolveConfig } from '../../../src/gateway/config-file/resolve-config.js';
import { configSchema } from '../../../src/gateway/config-file/config-schema.js';
import { sinkTemplates, TemplateRouter } from '../../../src/gateway/template/event-router.js';

const NO_TAGS: ReadonlyMap<string, string> = new Map();

function routerOf(redis: string, variables: Readonly<Record<string, string>> = {}): TemplateRouter {
  return new TemplateRouter({ redis, amqp: '', nats: '' }, new Map(Object.entries(variables)));
}

function routeOf(template: string, { tags = NO_TAGS, message = '', variables = {} } = {}): string {
  return routerOf(template, variables).route(tags, Buffer.from(message)).redis;
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

it('what is substituted is not expanded again', () => {
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

it('an empty default says nothing', () => {
  expect(routeOf('s{tag.none:}')).toBe('s');
});

it('open and close take the default of a variable', () => {
  const router = routerOf('{tag.a}.{json.x:none}', { x: 'x' });
  const tags = new Map([['a', '1']]);
  expect(router.route(tags, undefined).redis).toBe('1.none');
  expect(router.route(tags, Buffer.from('{"x":"m"}')).redis).toBe('1.m');
});

it('one object serves all events of connections that share their tags, as long as no variable is asked for', () => {
  const router = routerOf('{tag.a}');
  const tags = new Map([['a', '1']]);
  const first = router.route(tags, undefined);
  expect(router.route(tags, Buffer.from('{}'))).toBe(first);
  expect(router.route(new Map([['a', '2']]), undefined).redis).toBe('2');
  expect(Object.isFrozen(first)).toBe(true);
});

it('a subject of NATS has no empty token', () => {
  const router = new TemplateRouter({ redis: '', amqp: '{tag.a}..', nats: 'x.{tag.a:}.{tag.b}' }, new Map());
  const { nats, amqp, redis } = router.route(new Map([['b', '.y..z.']]), undefined);
  expect({ nats, amqp, redis }).toEqual({ nats: 'x._._.y._.z._', amqp: '_..', redis: '' });
});

it('sinks without a placeholder are not routed at all', () => {
  const sinks = (input: Record<string, unknown>) =>
    resolveConfig(configSchema.parse({ endpoints: [{}], ...input }), '/').sinks;
  expect(sinkTemplates(sinks({ stream_redis: { addr: 'redis://x' } }))).toBeUndefined();
  expect(sinkTemplates(sinks({ stream_redis: { stream_name: '{tag.a}' } }))).toBeUndefined();
  const templates = sinkTemplates(sinks({ stream_redis: { addr: 'redis://x', stream_name: 's-{tag.a}' } }));
  expect(templates).toEqual({ redis: 's-{tag.a}', amqp: '', nats: '' });
});

it('no tag and no message gives a character that is not allowed', () => {
  const router = routerOf('{tag.a}|{json.a}', { a: 'a' });
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (tag, value) => {
      const { redis } = router.route(new Map([['a', tag]]), Buffer.from(JSON.stringify({ a: value })));
      expect(redis).toMatch(/^[\w.:-]{1,128}\|[\w.:-]{1,128}$/);
    }),
  );
});
