import { describe, expect, it } from 'vitest';
import type { GoneMember } from '../../../src/gateway/cluster/members.js';
import { ClusterFixture } from '../../support/cluster-fixture.js';

async function twoNodes() {
  const cluster = await ClusterFixture.of([1, 2]);
  const [a, b] = cluster.nodes;
  if (a === undefined || b === undefined) throw new Error('two nodes were started');
  return { cluster, a, b };
}

describe('two gateways with one number', () => {
  it('the one that starts second ends, and the other stays', async () => {
    const { cluster, a, b } = await twoNodes();
    const second = cluster.create(2);
    await expect(cluster.during(second.bus.start())).rejects.toMatchObject({
      code: 'cluster.number-taken',
      message: expect.stringMatching(/Another gateway of the cluster, on \S+, has the node number 2 \(0002\)/),
    });
    await second.bus.stop();
    await cluster.advance(10_000);
    expect([a.conflicts, b.conflicts]).toEqual([[], []]);
    expect((await a.send('x')).silent).toEqual([]);
    expect(a.bus.nodes()).toHaveLength(2);
  });

  it('the younger ends when they find each other later', async () => {
    const { cluster, b } = await twoNodes();
    await cluster.advance(5_000);
    b.engine.cut();
    // Its wall clock is behind, so its boot looks older.
    const second = await cluster.join(2, 1_600_000_000_000);
    b.engine.restore();
    await cluster.advance(1500);
    expect(second.conflicts.map(({ code }) => code)).toEqual(['cluster.number-taken']);
    expect(b.conflicts).toEqual([]);
  });

  it('exactly one ends when they start at the same moment', async () => {
    const cluster = new ClusterFixture();
    const boot = 1_700_000_000_000;
    const both = [cluster.create(5, boot), cluster.create(5, boot)];
    const starts = await cluster.during(Promise.allSettled(both.map(({ bus }) => bus.start())));
    expect(starts.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  });
});

describe('membership', () => {
  it('notifies of nodes that join and are gone, with what their last beat said', async () => {
    const { cluster, a, b } = await twoNodes();
    const events: unknown[] = [];
    a.bus.membership.onJoined(({ name }) => events.push(`joined ${name}`));
    a.bus.membership.onGone((gone: GoneMember) => events.push(gone));
    const c = await cluster.join(3);
    c.closesAfterMs = 300_000;
    await cluster.advance(1000);
    c.engine.kill();
    await cluster.advance(6500);
    expect(events).toEqual(['joined 0003']);
    await cluster.advance(1600);
    expect(events[1]).toMatchObject({ node: 3, name: '0003', closesAfterMs: 300_000, saidBye: false });
    await b.bus.stop();
    await cluster.turn();
    expect(events[2]).toMatchObject({ node: 2, closesAfterMs: 0, saidBye: true });
  });

  it('judges nobody while a node does not hear itself', async () => {
    const { cluster, a, b } = await twoNodes();
    const gone: unknown[] = [];
    a.bus.membership.onGone((member) => gone.push(member));
    a.engine.cut();
    await cluster.advance(30_000);
    a.engine.isDeaf = true;
    a.engine.restore();
    await cluster.advance(12_000);
    expect(gone).toEqual([]);
    a.engine.isDeaf = false;
    await cluster.advance(6_000);
    expect(gone).toEqual([]);
    expect((await a.send('x')).silent).toEqual([]);
    b.engine.kill();
    await cluster.advance(8_100);
    expect(gone).toHaveLength(1);
  });

  it('waits once for a node that beats and hears nothing', async () => {
    const { cluster, a, b } = await twoNodes();
    b.engine.isDeaf = true;
    expect((await cluster.during(a.send('x'))).silent).toEqual(['0002']);
    await cluster.advance(2_000);
    expect(await Promise.race([a.send('y'), cluster.turn()])).toMatchObject({ silent: ['0002'] });
    b.engine.isDeaf = false;
    await cluster.advance(1_500);
    expect((await cluster.during(a.send('z'))).silent).toEqual([]);
  });

  it('is counted and counts as soon as it has joined again', async () => {
    const { cluster, a, b } = await twoNodes();
    b.open(1);
    a.engine.cut();
    await cluster.advance(9_000);
    expect(b.bus.nodes()).toHaveLength(1);
    a.engine.restore();
    await cluster.advance(400);
    const before = cluster.clock.now();
    expect(await cluster.during(a.send('x'))).toMatchObject({
      silent: [],
      counts: new Map([
        ['0001', 0],
        ['0002', 1],
      ]),
    });
    expect((await cluster.during(b.send('y'))).counts.size).toBe(2);
    expect(cluster.clock.now() - before).toBeLessThan(100);
  });

  it('keeps both starts of a number until the first is silent for 7 s', async () => {
    const { cluster, a, b } = await twoNodes();
    b.engine.kill();
    const successor = await cluster.join(2);
    successor.open(1);
    expect((await cluster.during(a.send('x'))).silent).toEqual(['0002']);
    const next = await a.send('y');
    expect([next.counts.get('0002'), next.silent]).toEqual([1, ['0002']]);
    await cluster.advance(8_000);
    expect((await a.send('z')).silent).toEqual([]);
  });

  it('does not apply what waited for it while the process stood still', async () => {
    const { cluster, a, b } = await twoNodes();
    a.open(1);
    b.open(1);
    b.pause();
    expect((await cluster.during(a.send('old'))).silent).toEqual(['0002']);
    await cluster.advance(5_000);
    b.resume();
    await cluster.advance(1_500);
    expect(b.received).toEqual([[]]);
    expect(b.log.events).toContain('cluster.stalled');
    const outcome = await a.send('new');
    expect([outcome.counts.get('0002'), outcome.silent, b.received]).toEqual([1, [], [['new']]]);
    expect((await b.send('newer')).counts.get('0001')).toBe(1);
  });

  it('has not joined before it has heard every node that others hear', async () => {
    const { cluster, a, b } = await twoNodes();
    a.open(1);
    b.open(1);
    b.pause();
    const c = cluster.create(3);
    const starting = c.bus.start();
    await cluster.advance(1_200);
    expect((await c.send('x')).silent).toEqual(['*']);
    b.resume();
    await cluster.during(starting);
    expect(await cluster.during(c.send('y'))).toMatchObject({
      counts: new Map([
        ['0003', 0],
        ['0001', 1],
        ['0002', 1],
      ]),
      silent: [],
    });
  });

  it('starts without the engine, says so, and joins once it is there', async () => {
    const cluster = await ClusterFixture.of([1]);
    const late = cluster.create(2);
    late.engine.isAway = true;
    await cluster.during(late.bus.start());
    late.open(1);
    expect(late.log.events).toContain('cluster.start-alone');
    expect([late.bus.isDeaf, (await late.send('x')).silent]).toEqual([true, ['*']]);
    late.engine.isAway = false;
    late.engine.restore();
    await cluster.advance(500);
    expect([late.bus.isDeaf, (await late.send('x')).silent]).toEqual([false, []]);
    expect((await cluster.nodes[0]?.send('y'))?.counts.get('0002')).toBe(1);
  });

  it('measures how long a beat takes to come back', async () => {
    const { cluster, a } = await twoNodes();
    await cluster.advance(3000);
    expect(a.echoes.length).toBeGreaterThan(2);
  });
});
