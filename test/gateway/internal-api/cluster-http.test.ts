import { describe, expect, it } from 'vitest';
import { batchRoute } from '../../../src/gateway/internal-api/batch-route.js';
import { nodesRoute } from '../../../src/gateway/internal-api/nodes-route.js';
import { sendRoutes } from '../../../src/gateway/internal-api/send-routes.js';
import { statusRoutes } from '../../../src/gateway/internal-api/status-routes.js';
import { ClusterFixture, type FixtureNode } from '../../support/cluster-fixture.js';
import { serveRoutes } from '../../support/served-routes.js';

/** Three nodes with 2, 3 and 1 connections in room a, and the API of the first. */
async function threeNodes() {
  const cluster = await ClusterFixture.of([1, 2, 3]);
  const [a, b, c] = cluster.nodes;
  if (a === undefined || b === undefined || c === undefined) throw new Error('three nodes were started');
  a.open(2);
  b.open(3);
  c.open(1);
  const deps = { bus: a.bus, maxBodyBytes: 100_000, cluster: { strict: false } };
  const tagLimits = { maxTags: 5, maxTagBytes: 1024 };
  const base = await serveRoutes([
    ...sendRoutes({ ...deps, tagLimits }),
    batchRoute(deps),
    ...statusRoutes(a.bus),
    nodesRoute('test', a.bus),
  ]);
  const ask = async (path: string, init: RequestInit = {}) => {
    const answered = fetch(base + path, init).then(async (response) => ({
      status: response.status,
      incomplete: response.headers.get('wsg-incomplete'),
      text: await response.text(),
    }));
    return cluster.during(answered);
  };
  const post = (path: string, body = 'x') => ask(path, { method: 'POST', body });
  /** Loses all calls to the third node. Its beats still arrive, so it stays a node of the cluster. */
  const silenceThird = () => {
    cluster.hub.copies = ({ target, to }) => (to === 3 && target.to !== 'beats' ? 0 : 1);
  };
  return { cluster, a, b, c, ask, post, silenceThird };
}

function textsOf(nodes: readonly FixtureNode[]): string[][] {
  return nodes.flatMap((node) => node.received);
}

describe('the API of a node of three', () => {
  it('reaches the connections of all, and the sum is the number of receivers', async () => {
    const { a, b, c, post } = await threeNodes();
    expect(await post('/send?room=a', 'hello')).toEqual({ status: 200, incomplete: null, text: '6' });
    expect(textsOf([a, b, c])).toEqual(Array.from({ length: 6 }, () => ['hello']));
    expect(JSON.parse((await post('/send?room=a&report=json')).text)).toEqual({
      count: 6,
      nodes: { '0001': 2, '0002': 3, '0003': 1 },
      silent: [],
      refused: {},
    });
  });

  it('names a node that does not answer; strict requests get 504', async () => {
    const { post, silenceThird } = await threeNodes();
    silenceThird();
    expect(await post('/send?room=a&deadline_ms=50')).toEqual({ status: 200, incomplete: '0003', text: '5' });
    expect(await post('/send?room=a&strict=true')).toEqual({ status: 504, incomplete: '0003', text: '5' });
  });

  it('acts alone without the engine, and says so', async () => {
    const { a, b, post, ask } = await threeNodes();
    a.engine.cut();
    expect(await post('/send?room=a')).toEqual({ status: 200, incomplete: '*', text: '2' });
    expect(await post('/send?room=a&strict=true')).toEqual({ status: 503, incomplete: '*', text: '2' });
    expect((await ask('/status')).incomplete).toBe('*');
    expect(b.received).toEqual([[], [], []]);
  });

  it('with wait=false answers 202 with its own count, and the others deliver', async () => {
    const { cluster, a, b, c, post } = await threeNodes();
    expect(await post('/send?room=a&wait=false', 'hello')).toEqual({ status: 202, incomplete: null, text: '2' });
    await cluster.turn();
    expect(textsOf([a, b, c])).toEqual(Array.from({ length: 6 }, () => ['hello']));
  });

  it('/settags: 409 names the node that refused, and says how many were changed elsewhere', async () => {
    const { b, c, post } = await threeNodes();
    const [full = ''] = b.ids;
    expect((await post(`/settags?id=${full}`, 'a=1&b=2&c=3&d=4')).text).toBe('1');
    expect(await post('/settags?room=a', 'more=1')).toEqual({
      status: 409,
      incomplete: null,
      text: `applied to 3 connections, but refused by 1 of the nodes:\n0002: the connection ${full} would have 6 tags; at most 5 are allowed\n`,
    });
    expect(await post(`/settags?id=${full}`, 'more=1')).toEqual({
      status: 400,
      incomplete: null,
      text: `the connection ${full} would have 6 tags; at most 5 are allowed\n`,
    });
    expect((await post('/send?more=1')).text).toBe('3');
    expect(c.received).toEqual([['x']]);
  });

  it('/batch counts over all nodes, line by line, in order', async () => {
    const { c, ask, silenceThird } = await threeNodes();
    const [own = ''] = c.ids;
    const lines = [
      { selector: 'room=a', text: 'one' },
      { selector: 'room=a' },
      { selector: `id=${own}`, text: 'two' },
      { selector: 'all=true', text: 'three' },
    ];
    const init = {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-ndjson' },
      body: lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
    };
    expect(await ask('/batch', init)).toEqual({
      status: 200,
      incomplete: null,
      text: '6\nerror: give one of text, json and base64\n1\n6\n',
    });
    expect(c.received).toEqual([['one', 'two', 'three']]);
    silenceThird();
    expect(await ask('/batch?strict=true&deadline_ms=50', init)).toMatchObject({
      status: 504,
      incomplete: '0003',
      text: '5\nerror: give one of text, json and base64\n0\n5\n',
    });
  });

  it('/status lists all connections, in pages by id too, and names a node that is missing', async () => {
    const { a, b, c, ask, silenceThird } = await threeNodes();
    const ids = [a, b, c].flatMap((node) => node.ids);
    const listed = async (path: string) => [...(await ask(path)).text.matchAll(/^id=(\S+)/gm)].map(([, id]) => id);
    expect(new Set(await listed('/status'))).toEqual(new Set(ids));
    expect(await listed('/status?limit=4')).toEqual(ids.toSorted().slice(0, 4));
    silenceThird();
    expect((await ask('/status')).text).toMatch(/^(?:id=\S+ room=a \n){5}incomplete=0003 \n$/);
    expect(JSON.parse((await ask('/status?format=json')).text)).toMatchObject({ next: null, silent: ['0003'] });
    expect((await ask('/status?limit=9')).incomplete).toBe('0003');
    expect(await ask('/tree')).toMatchObject({ incomplete: '0003', text: 'room\n - a\n\n' });
  });

  it('/nodes lists them with their connections', async () => {
    const { cluster, ask } = await threeNodes();
    await cluster.advance(2000);
    const { cluster: name, nodes } = JSON.parse((await ask('/nodes')).text);
    expect(name).toBe('test');
    const shown = nodes.map(({ node, own, state, connections }: Record<string, unknown>) => [
      node,
      own,
      state,
      connections,
    ]);
    expect(shown).toEqual([
      ['0001', true, 'ready', 2],
      ['0002', false, 'ready', 3],
      ['0003', false, 'ready', 1],
    ]);
  });
});
