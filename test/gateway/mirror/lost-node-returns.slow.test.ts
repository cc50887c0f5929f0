import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { TcpProxy } from '../../support/tcp-proxy.js';
import { byConnection, closes, disorder, NodeCluster, type SeenEvent } from '../../support/node-cluster.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const CONNECTIONS = 60;

function reasons(events: readonly SeenEvent[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { reason } of closes([...byConnection(events).values()].flat()))
    counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}

it('a node that restarts before it is declared dead closes its connections itself', async () => {
  const cluster = await NodeCluster.start();
  const dir = await temporaryFolder();
  await cluster.node(1);
  const lost = await cluster.node(7, { dir });
  await lost.connect(CONNECTIONS);
  lost.say('hello');
  await cluster.events((events) => events.length === 2 * CONNECTIONS);
  await cluster.noted(7, 2 * CONNECTIONS);
  await lost.kill();
  await cluster.node(7, { dir });
  await cluster.events((events) => closes(events).length === CONNECTIONS);
  // Its former start leaves the members when all of it is delivered, before others could claim it.
  await expect
    .poll(async () => (await cluster.reader.text('SMEMBERS', 'wsg:test:members')) as string[], { timeout: 9_000 })
    .toHaveLength(2);
  const events = await cluster.events(() => true);
  expect(reasons(events)).toEqual({ node_crashed: CONNECTIONS });
  expect(disorder(events)).toEqual([]);
  await expect.poll(() => cluster.reader.text('KEYS', 'connection:*'), { timeout: 5_000 }).toEqual([]);
}, 120_000);

it.each([
  ['dead letters', undefined],
  ['the sinks', 'deliver'],
] as const)(
  'what the log of a declared dead node still holds goes to %s',
  async (_, lateEvents) => {
    const cluster = await NodeCluster.start();
    const dir = await temporaryFolder();
    const letters = join(dir, 'letters');
    const proxy = await TcpProxy.start(cluster.redis.port);
    await cluster.node(1);
    const lost = await cluster.node(7, { dir, streamPort: proxy.port });
    await lost.connect(CONNECTIONS);
    await cluster.events((events) => events.length === CONNECTIONS);
    await cluster.noted(7, CONNECTIONS);
    await proxy.stop();
    lost.say('late');
    await expect.poll(() => lost.metric('outbox_events'), { timeout: 5_000 }).toBe(CONNECTIONS);
    await lost.kill();
    const before = await cluster.events((all) => closes(all).length === CONNECTIONS);
    const options = { dir, outbox: { dead_letter_dir: letters }, ...(lateEvents && { lateEvents }) };
    const again = await cluster.node(7, options);
    // Some messages may not have been on disk when the node was killed.
    const [line] = await again.wsg.says(/.*outbox\.recovered.*/);
    const held = Number(/"events":(\d+)/.exec(line)?.[1]);
    expect(held).toBeGreaterThan(0);
    await expect.poll(() => again.metric('outbox_events'), { timeout: 10_000 }).toBe(0);

    const events = await cluster.events(() => true);
    expect(reasons(events)).toEqual({ node_lost: CONNECTIONS });
    const isDelivered = lateEvents === 'deliver';
    expect(events.length - before.length).toBe(isDelivered ? held : 0);
    expect(await again.metric('wsg_cluster_late_events_total')).toBe(isDelivered ? 0 : held);
    const kept = isDelivered ? '' : await readFile(join(letters, 'redis.jsonl'), 'utf8');
    expect(kept.match(/declared this one dead/g) ?? []).toHaveLength(isDelivered ? 0 : held);
  },
  120_000,
);

it('a connection whose open event was never delivered gets an open and a close event', async () => {
  const cluster = await NodeCluster.start();
  const proxy = await TcpProxy.start(cluster.redis.port);
  const survivor = await cluster.node(1);
  const lost = await cluster.node(7, { dir: await temporaryFolder(), streamPort: proxy.port });
  await proxy.stop();
  await lost.connect(CONNECTIONS);
  await expect.poll(() => cluster.reader.text('SCARD', 'wsg:node:0007'), { timeout: 5_000 }).toBe(CONNECTIONS);
  await lost.kill();
  const events = await cluster.events((all) => closes(all).length === CONNECTIONS);
  expect(disorder(events)).toEqual([]);
  expect(events).toHaveLength(2 * CONNECTIONS);
  expect(await survivor.metric('wsg_cluster_node_lost_closes_total')).toBe(CONNECTIONS);
}, 120_000);

it('a node that was cut off closes its clients with 1012, without events, and goes on', async () => {
  const cluster = await NodeCluster.start();
  const proxy = await TcpProxy.start(cluster.redis.port);
  await cluster.node(1);
  const cut = await cluster.node(7, { dir: await temporaryFolder(), redisPort: proxy.port });
  await cut.connect(CONNECTIONS);
  await cluster.events((events) => events.length === CONNECTIONS);
  await cluster.noted(7, CONNECTIONS);
  await proxy.stop();
  cut.say('too late');
  await cluster.events((all) => closes(all).length === CONNECTIONS);
  await proxy.start();
  for (const client of cut.clients) expect(await client.closeCode()).toBe(1012);
  expect(await cut.metric('wsg_cluster_declared_dead_total')).toBe(CONNECTIONS);
  await expect.poll(() => cut.metric('outbox_events'), { timeout: 10_000 }).toBe(0);
  expect(await cut.metric('wsg_cluster_late_events_total')).toBe(CONNECTIONS);

  // It goes on: a new connection has all of its events, and is known to others when it is killed.
  cut.clients.length = 0;
  await cut.connect(1);
  cut.say('again');
  await cluster.events((all) => all.some(({ message }) => message === 'again'));
  await cut.kill();
  const events = await cluster.events((all) => closes(all).length === CONNECTIONS + 1);
  expect(reasons(events)).toEqual({ node_lost: CONNECTIONS + 1 });
  expect(disorder(events)).toEqual([]);
  expect(events.filter(({ action }) => action === 'message')).toHaveLength(1);
}, 120_000);
