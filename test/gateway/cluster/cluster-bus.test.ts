import { describe, expect, it } from 'vitest';
import { textMessage } from '../../../src/gateway/connection/message.js';
import { ClusterFixture, ROOM_A, type FixtureNode } from '../../support/cluster-fixture.js';

const ALL = { kind: 'all' } as const;

function textsOf(node: FixtureNode): string[] {
  return node.received[0] ?? [];
}

async function threeNodes() {
  const cluster = await ClusterFixture.of([1, 2, 3]);
  const [a, b, c] = cluster.nodes;
  if (a === undefined || b === undefined || c === undefined) throw new Error('three nodes were started');
  a.open(2);
  b.open(3);
  c.open(1);
  return { cluster, a, b, c };
}

describe('ClusterBus', () => {
  it('reaches the connections of all nodes and counts them by node', async () => {
    const { cluster, a, b, c } = await threeNodes();
    const outcome = await cluster.during(a.send('x'));
    expect(outcome.counts).toEqual(
      new Map([
        ['0001', 2],
        ['0002', 3],
        ['0003', 1],
      ]),
    );
    expect(outcome.silent).toEqual([]);
    for (const node of [a, b, c]) for (const texts of node.received) expect(texts).toEqual(['x']);
  });

  it('answers synchronously and sends nothing to the engine when it is the only node', async () => {
    const cluster = await ClusterFixture.of([1]);
    const [only] = cluster.nodes;
    only?.open(2);
    const before = cluster.hub.messages;
    expect(only?.bus.send(ROOM_A, textMessage('x'))).toEqual({
      counts: new Map([['0001', 2]]),
      silent: [],
      refused: new Map(),
    });
    await cluster.turn();
    expect(cluster.hub.messages).toBe(before);
  });

  it('bundles the calls of a tick in one message, and their answers too', async () => {
    const { cluster, a, c } = await threeNodes();
    const before = cluster.hub.messages;
    const outcomes = Array.from({ length: 100 }, (_, index) => a.send(String(index)));
    for (const outcome of outcomes) expect((await outcome).silent).toEqual([]);
    expect(cluster.hub.messages - before).toBe(3);
    expect(textsOf(c)).toEqual(Array.from({ length: 100 }, (_, index) => String(index)));
  });

  it('names a killed node after the deadline, and does not wait for it a second time', async () => {
    const { cluster, a, b } = await threeNodes();
    b.engine.kill();
    const before = cluster.clock.now();
    const first = await cluster.during(a.send('x'));
    expect(first.silent).toEqual(['0002']);
    expect(first.counts).toEqual(
      new Map([
        ['0001', 2],
        ['0003', 1],
      ]),
    );
    expect(cluster.clock.now() - before).toBeLessThanOrEqual(1020);
    const second = await a.send('y');
    expect(second.silent).toEqual(['0002']);
    expect(second.counts).toEqual(
      new Map([
        ['0001', 2],
        ['0003', 1],
      ]),
    );
    await cluster.advance(8000);
    expect((await a.send('z')).silent).toEqual([]);
    expect(a.log.events).toContain('cluster.lost');
  });

  it('waits for a node again that was silent and answers', async () => {
    const { cluster, a, b } = await threeNodes();
    b.engine.isDeaf = true;
    expect((await cluster.during(a.send('x'))).silent).toEqual(['0002']);
    b.engine.isDeaf = false;
    await cluster.advance(1000);
    const outcome = await a.send('y');
    expect([outcome.silent, outcome.counts.get('0002')]).toEqual([[], 3]);
  });

  it('sends a call for ids only to their nodes, and counts 0 for a node that is not there', async () => {
    const { cluster, a, b, c } = await threeNodes();
    const ids = (...list: (string | undefined)[]) => ({ kind: 'ids', ids: new Set(list.map(String)) }) as const;
    const applied = c.bus.state().callsApplied;
    expect(await a.send('x', ids(b.ids[0], b.ids[1], a.ids[0], 'nobody'))).toMatchObject({
      counts: new Map([
        ['0001', 1],
        ['0002', 2],
      ]),
      silent: [],
    });
    expect(c.bus.state().callsApplied).toBe(applied);
    const elsewhere = `${b.ids[0]?.slice(0, -4)}0009`;
    expect(a.bus.send(ids(elsewhere), textMessage('x'))).toMatchObject({ counts: new Map([['0001', 0]]), silent: [] });
    expect(cluster.nodes).toHaveLength(3);
  });

  it('acts on this node alone while the engine is away, says so, and queues nothing', async () => {
    const { cluster, a, b } = await threeNodes();
    a.engine.cut();
    expect(a.bus.send(ROOM_A, textMessage('x'))).toEqual({
      counts: new Map([['0001', 2]]),
      silent: ['*'],
      refused: new Map(),
    });
    expect((await a.bus.setTags(ROOM_A, new Map([['mood', 'good']]))).silent).toEqual(['*']);
    expect(a.bus.isDeaf).toBe(false);
    await cluster.advance(6000);
    expect(a.bus.isDeaf).toBe(true);
    a.engine.restore();
    await cluster.advance(1000);
    expect(a.bus.isDeaf).toBe(false);
    expect(textsOf(b)).toEqual([]);
    expect((await a.send('y')).counts.get('0002')).toBe(3);
  });

  it('ends the waits for answers when the engine is lost', async () => {
    const { cluster, a, b } = await threeNodes();
    b.engine.isDeaf = true;
    const pending = a.send('x');
    await cluster.turn();
    a.engine.cut();
    expect((await pending).silent).toEqual(['0002']);
  });

  it('notices that its own beats do not come back, and connects again', async () => {
    const { cluster, a, b } = await threeNodes();
    b.engine.isDeaf = true;
    await cluster.advance(4500);
    expect(b.bus.isDeaf).toBe(false);
    await cluster.advance(1600);
    expect([b.bus.isDeaf, b.engine.reconnects]).toEqual([true, 1]);
    expect((await b.send('x')).silent).toEqual(['*']);
    b.engine.isDeaf = false;
    await cluster.advance(2500);
    expect(b.bus.isDeaf).toBe(false);
    expect((await b.send('x')).counts.size).toBe(3);
    expect((await a.send('x')).counts.size).toBe(3);
  });

  it('adds a node that joins, before it has connections', async () => {
    const { cluster, a } = await threeNodes();
    const d = await cluster.join(4);
    d.open(1);
    expect((await a.send('x')).counts.get('0004')).toBe(1);
    expect((await d.send('y')).counts).toEqual(
      new Map([
        ['0001', 2],
        ['0002', 3],
        ['0003', 1],
        ['0004', 1],
      ]),
    );
  });

  it('forgets a node that says bye at once, also in calls under way', async () => {
    const { cluster, a, c } = await threeNodes();
    const gone: unknown[] = [];
    a.bus.membership.onGone((member) => gone.push(member));
    const pending = a.send('x');
    await c.bus.stop();
    expect((await pending).silent).toEqual([]);
    expect(gone).toMatchObject([{ name: '0003', saidBye: true }]);
    expect((await cluster.during(a.send('y'))).counts.size).toBe(2);
  });

  it('tells other nodes without waiting for them', async () => {
    const { cluster, a, b } = await threeNodes();
    const outcome = a.bus.send(ROOM_A, textMessage('x'), { wait: false });
    expect(outcome).toEqual({ counts: new Map([['0001', 2]]), silent: [], refused: new Map() });
    await cluster.turn();
    expect(textsOf(b)).toEqual(['x']);
  });

  it('applies changes in the order of the calls', async () => {
    const { cluster, a, b } = await threeNodes();
    const tagged = { kind: 'pairs', pairs: new Map([['mood', 'good']]) } as const;
    const calls = [
      a.send('1', tagged),
      a.bus.setTags(ROOM_A, new Map([['mood', 'good']])),
      a.send('2', tagged),
      a.bus.setTags(ROOM_A, new Map([['mood', '']])),
      a.send('3', tagged),
      a.bus.close({ kind: 'ids', ids: new Set(b.ids) }, textMessage('bye')),
      a.send('4'),
    ];
    const totals = (await Promise.all(calls)).map(({ counts }) => [...counts.values()].reduce((x, y) => x + y, 0));
    expect(totals).toEqual([0, 6, 6, 6, 0, 3, 3]);
    expect(textsOf(b)).toEqual(['2', 'bye']);
    await cluster.turn();
  });

  it('reports which node refuses tags', async () => {
    const { a, b } = await threeNodes();
    const four = new Map(['1', '2', '3', '4'].map((key) => [key, 'x']));
    await b.bus.setTags({ kind: 'ids', ids: new Set(b.ids) }, four);
    const outcome = await a.bus.setTags(ROOM_A, new Map([['5', 'x']]));
    expect(outcome.counts).toEqual(
      new Map([
        ['0001', 2],
        ['0003', 1],
      ]),
    );
    expect([...outcome.refused.keys()]).toEqual(['0002']);
  });

  it('sends a batch as one call and sums its totals', async () => {
    const { cluster, a, c } = await threeNodes();
    const before = cluster.hub.messages;
    const items = ['1', '2', '3'].map((text) => ({
      selector: text === '2' ? ({ kind: 'ids', ids: new Set(c.ids) } as const) : ROOM_A,
      message: textMessage(text),
    }));
    expect(await a.bus.sendBatch(items)).toEqual({ totals: [6, 1, 6], silent: [], refused: new Map() });
    expect(cluster.hub.messages - before).toBe(3);
    expect(textsOf(c)).toEqual(['1', '2', '3']);
  });

  it('sends bodies that are larger than a message of the engine, one at a time and in order', async () => {
    const { cluster, a, b, c } = await threeNodes();
    const large = 'x'.repeat(5 * 1024 * 1024);
    const calls = ['1', large, '2', `${large}y`, '3'].map((text) => a.send(text));
    for (const outcome of await Promise.all(calls)) {
      expect([outcome.silent, outcome.counts.get('0002')]).toEqual([[], 3]);
    }
    for (const node of [b, c]) {
      expect(textsOf(node).map((text) => text.slice(-1) + text.length)).toEqual(
        ['1', large, '2', `${large}y`, '3'].map((text) => text.slice(-1) + text.length),
      );
    }
    await cluster.turn();
  });

  it('waits for a node that joins while a call waits behind a large body', async () => {
    const { cluster, a, b } = await threeNodes();
    const large = 'x'.repeat(2 * 1024 * 1024);
    b.pause();
    const calls = [a.send(large), a.send(large), a.send('last')];
    const d = cluster.create(4);
    const starting = d.bus.start();
    await cluster.advance(600);
    d.open(1);
    b.resume();
    for (const call of calls) expect((await cluster.during(call)).silent).toEqual([]);
    expect((await calls[2])?.counts.get('0004')).toBe(textsOf(d).filter((text) => text === 'last').length);
    expect(textsOf(d)).toContain('last');
    await cluster.during(starting);
  });

  it('lists connections sorted over all nodes, and node after node', async () => {
    const { cluster, a, b, c } = await threeNodes();
    b.open(2500, { room: 'b' });
    const all = [...a.ids, ...b.ids, ...c.ids];
    const read = async (request: Parameters<typeof a.bus.status>[0]) => {
      const listing = a.bus.status(request);
      const ids: string[] = [];
      for await (const page of listing.pages) {
        expect(page.length).toBeLessThanOrEqual(1000);
        ids.push(...page.map(({ id }) => id));
      }
      return { ids, silent: listing.silent() };
    };
    const sorted = all.toSorted();
    expect(await cluster.during(read({ selector: ALL, after: '' }))).toEqual({ ids: sorted, silent: [] });
    const after = sorted[700];
    expect(await cluster.during(read({ selector: ALL, after, limit: 1500 }))).toEqual({
      ids: sorted.slice(701, 2201),
      silent: [],
    });
    const unsorted = await cluster.during(read({ selector: ALL }));
    expect(unsorted.ids.slice(0, 2)).toEqual(a.ids);
    expect(unsorted.ids.toSorted()).toEqual(sorted);
    b.engine.kill();
    const without = await cluster.during(read({ selector: ALL, limit: 10 }));
    expect(without).toEqual({ ids: [...a.ids, ...c.ids].toSorted(), silent: ['0002'] });
  });

  it('merges the tags of all nodes, and asks them for tag keys', async () => {
    const { cluster, a, b } = await threeNodes();
    b.open(1, { color: 'red', room: 'b' });
    const { tree, silent } = await a.bus.tree();
    expect([tree.get('room')?.toSorted(), tree.get('color'), silent]).toEqual([['a', 'b'], ['red'], []]);
    expect(await a.bus.knowsTagKey('color')).toBe(true);
    expect(await a.bus.knowsTagKey('colour')).toBe(false);
    await cluster.turn();
  });

  it('shows all nodes with what they said of themselves', async () => {
    const { cluster, a, b } = await threeNodes();
    b.state = 'draining';
    await cluster.advance(1000);
    expect(a.bus.nodes()).toMatchObject([
      { node: '0001', own: true, connections: 2, suspect: false, lastHeardMs: 0 },
      { node: '0002', own: false, connections: 3, state: 'draining', version: '1.0.0', workers: 1 },
      { node: '0003', own: false, connections: 1, state: 'ready' },
    ]);
  });
});
