import { expect, it } from 'vitest';
import { sendRoutes } from '../../../src/gateway/internal-api/send-routes.js';
import { statusRoutes } from '../../../src/gateway/internal-api/status-routes.js';
import { outcomeOf, ScriptedBus } from '../../support/scripted-bus.js';
import { serveRoutes } from '../../support/served-routes.js';

const LIMITS = { maxTags: 64, maxTagBytes: 1024 };

interface Served {
  readonly bus: ScriptedBus;
  readonly post: (path: string, body?: string) => Promise<Response>;
  readonly get: (path: string) => Promise<Response>;
}

async function serve(cluster?: { readonly strict: boolean }): Promise<Served> {
  const bus = new ScriptedBus();
  const routes = [...sendRoutes({ bus, maxBodyBytes: 1000, tagLimits: LIMITS, cluster }), ...statusRoutes(bus)];
  const base = await serveRoutes(routes);
  return {
    bus,
    post: (path, body = 'a=b') => fetch(base + path, { method: 'POST', body }),
    get: (path) => fetch(base + path),
  };
}

async function answerOf(response: Promise<Response>) {
  const { status, headers, text } = await response.then(async (answer) => ({
    status: answer.status,
    headers: answer.headers,
    text: await answer.text(),
  }));
  return { status, incomplete: headers.get('wsg-incomplete'), text };
}

const PATHS = ['/send', '/settags', '/close'] as const;

it.each(PATHS)('%s takes the parameters of a call out of the selector', async (path) => {
  const { bus, post } = await serve({ strict: false });
  bus.outcome = outcomeOf({ '0001': 100, '0002': 20 });
  expect(await answerOf(post(`${path}?room=7&deadline_ms=250&strict=true&role=a`))).toEqual({
    status: 200,
    incomplete: null,
    text: '120',
  });
  await post(`${path}?wait=false&all=true&%73trict=false`);
  expect(bus.calls.map(({ selector, options }) => [selector, options])).toEqual([
    ['room=7&role=a', { deadlineMs: 250 }],
    ['all=true', { wait: false }],
  ]);
});

it.each(PATHS)('without a cluster %s selects by tags with the names of the parameters', async (path) => {
  const { bus, post } = await serve();
  await post(`${path}?strict=maybe&report=x&wait=&deadline_ms=0`);
  expect(bus.calls[0]?.selector).toBe('strict=maybe&report=x&wait=&deadline_ms=0');
});

it.each([
  ['strict=yes', 'strict must be true or false (got "yes")'],
  ['strict=', 'strict must be true or false (got "")'],
  ['strict', 'strict must be true or false (got "")'],
  ['wait=0', 'wait must be true or false (got "0")'],
  ['report=text', 'report must be json (got "text")'],
  ['deadline_ms=0', 'deadline_ms must be an integer from 1 to 10000 (got "0")'],
  ['deadline_ms=10001', 'deadline_ms must be an integer from 1 to 10000 (got "10001")'],
  ['deadline_ms=1e3', 'deadline_ms must be an integer from 1 to 10000 (got "1e3")'],
  ['strict=true;x', 'strict must be true or false (got "true;x")'],
  ['strict=%zz', 'strict must be true or false (got "%zz")'],
  ['strict=true&wait=false', 'strict=true needs the answers of the other nodes'],
  ['strict=true&strict=no', 'the selector is empty'],
])('refuses ?%s with the value', async (query, reason) => {
  const { bus, post } = await serve({ strict: false });
  const { status, text } = await answerOf(post(`/send?${query}`));
  expect([status, text]).toEqual([400, expect.stringContaining(reason)]);
  expect(bus.calls).toEqual([]);
});

it('names silent nodes, and answers 504 with the partial sum to strict requests', async () => {
  const { bus, post } = await serve({ strict: false });
  bus.outcome = outcomeOf({ '0001': 5 }, ['0003', '0007']);
  const partial = { incomplete: '0003,0007', text: '5' };
  expect(await answerOf(post('/send?a=b'))).toEqual({ status: 200, ...partial });
  expect(await answerOf(post('/send?a=b&strict=true'))).toEqual({ status: 504, ...partial });
  bus.outcome = outcomeOf({ '0001': 5 }, ['*']);
  expect(await answerOf(post('/send?a=b'))).toEqual({ status: 200, incomplete: '*', text: '5' });
  expect(await answerOf(post('/send?a=b&strict=true'))).toEqual({ status: 503, incomplete: '*', text: '5' });
});

it('a strict configuration is the default, and a request may ask for the other', async () => {
  const { bus, post } = await serve({ strict: true });
  bus.outcome = outcomeOf({ '0001': 5 }, ['0003']);
  const statuses = [];
  for (const query of ['a=b', 'a=b&strict=false', 'a=b&deadline_ms=5'])
    statuses.push((await answerOf(post(`/send?${query}`))).status);
  expect(statuses).toEqual([504, 200, 504]);
});

it('a call that waits for nobody gets 202', async () => {
  const { bus, post } = await serve({ strict: false });
  bus.outcome = outcomeOf({ '0001': 5 });
  expect(await answerOf(post('/send?a=b&wait=false'))).toEqual({ status: 202, incomplete: null, text: '5' });
});

it('report=json has the counts by node', async () => {
  const { bus, post } = await serve({ strict: false });
  bus.outcome = outcomeOf({ '0001': 100, '0002': 20 }, ['0003'], { '0004': 'unsupported' });
  const response = await post('/send?a=b&report=json');
  expect(response.headers.get('content-type')).toBe('application/json');
  expect(response.headers.get('wsg-incomplete')).toBe('0003');
  expect(await response.json()).toEqual({
    count: 120,
    nodes: { '0001': 100, '0002': 20 },
    silent: ['0003'],
    refused: { '0004': 'unsupported' },
  });
});

it('/settags: 400 with the reason while nothing has changed, else 409 with the nodes that refused', async () => {
  const { bus, post } = await serve({ strict: false });
  bus.outcome = outcomeOf({ '0001': 0, '0002': 0 }, [], { '0001': 'too many tags', '0002': 'also' });
  expect(await answerOf(post('/settags?a=b'))).toEqual({ status: 400, incomplete: null, text: 'too many tags\n' });
  bus.outcome = outcomeOf({ '0001': 12, '0002': 0 }, [], { '0002': 'too many tags' });
  expect(await answerOf(post('/settags?a=b'))).toEqual({
    status: 409,
    incomplete: null,
    text: 'applied to 12 connections, but refused by 1 of the nodes:\n0002: too many tags\n',
  });
  bus.outcome = outcomeOf({ '0001': 0 }, ['0003'], { '0001': 'too many tags' });
  expect(await answerOf(post('/settags?a=b'))).toMatchObject({ status: 409, incomplete: '0003' });
});

const CONNECTION = { id: 'one', tags: new Map([['foo', 'bar']]) };

it('/status ends with the silent nodes, in a form that no connection has', async () => {
  const { bus, get } = await serve({ strict: false });
  bus.pages = [[CONNECTION]];
  bus.outcome = outcomeOf({}, ['0003', '0007']);
  expect(await answerOf(get('/status'))).toMatchObject({
    incomplete: null,
    text: 'id=one foo=bar \nincomplete=0003,0007 \n',
  });
  expect(JSON.parse((await answerOf(get('/status?format=json'))).text)).toEqual({
    connections: [{ id: 'one', tags: { foo: 'bar' } }],
    next: null,
    silent: ['0003', '0007'],
  });
});

it('a page of /status has the header too, because it is complete before the answer begins', async () => {
  const { bus, get } = await serve({ strict: false });
  bus.pages = [[CONNECTION]];
  bus.outcome = outcomeOf({}, ['*']);
  expect((await answerOf(get('/status?limit=5'))).incomplete).toBe('*');
});

it('without silent nodes /status says nothing of them', async () => {
  const { bus, get } = await serve({ strict: false });
  bus.pages = [[CONNECTION]];
  expect((await answerOf(get('/status'))).text).toBe('id=one foo=bar \n');
  expect(Object.keys(JSON.parse((await answerOf(get('/status?format=json'))).text))).toEqual(['connections', 'next']);
});

it('/tree names silent nodes in the header', async () => {
  const { bus, get } = await serve({ strict: false });
  bus.outcome = outcomeOf({}, ['0003']);
  for (const path of ['/tree', '/tree?format=json']) expect((await answerOf(get(path))).incomplete).toBe('0003');
  bus.outcome = outcomeOf({});
  expect((await answerOf(get('/tree'))).incomplete).toBeNull();
});
