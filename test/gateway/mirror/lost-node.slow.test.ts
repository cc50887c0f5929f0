import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { closes, disorder, NodeCluster, type ClusterNode } from '../../support/node-cluster.js';
import { TcpProxy } from '../../support/tcp-proxy.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const CONNECTIONS = 200;

it('one of three survivors closes the connections of a killed node, each once, and a restart closes none', async () => {
  const cluster = await NodeCluster.start();
  const dir = await temporaryFolder();
  const survivors = [await cluster.node(1), await cluster.node(2), await cluster.node(3)];
  const lost = await cluster.node(7, { dir });
  await lost.connect(CONNECTIONS);
  lost.say('hello');
  await cluster.events((events) => events.length === 2 * CONNECTIONS);
  await cluster.noted(7, 2 * CONNECTIONS);
  await lost.kill();
  const killedAt = Date.now();

  const events = await cluster.events((all) => closes(all).length >= CONNECTIONS);
  expect(Date.now() - killedAt).toBeLessThan(7_000 + 7_000);
  expect(disorder(events)).toEqual([]);
  expect(new Set(closes(events).map(({ reason, tags }) => `${reason} ${tags}`))).toEqual(
    new Set(['node_lost room=r7']),
  );
  const closers = new Set(closes(events).map(({ id }) => id.slice(0, 4)));
  expect(closers.size).toBe(1);
  await expect.poll(() => cluster.reader.text('KEYS', 'connection:*'), { timeout: 5_000 }).toEqual([]);
  expect(await cluster.reader.text('SMEMBERS', 'wsg:node:0007')).toEqual([]);

  const again = await cluster.node(7, { dir });
  await again.wsg.says(/cluster\.was-declared-dead/);
  await again.connect(1);
  const after = await cluster.events((all) => all.length > events.length);
  expect(closes(after)).toHaveLength(CONNECTIONS);
  expect(disorder(after)).toEqual([]);
  await again.kill();
  // Its log got no close events either.
  expect((await again.wsg.ended).stderr).not.toMatch(/"closes":[1-9]/);
  const counts = await Promise.all(survivors.map((node) => node.metric('wsg_cluster_node_lost_closes_total')));
  expect(counts.toSorted((a, b) => a - b)).toEqual([0, 0, CONNECTIONS]);
}, 120_000);

/** Number of close events of lost nodes in a log. */
async function loggedCloses(dir: string): Promise<number> {
  const files = await readdir(dir);
  const texts = await Promise.all(files.map((name) => readFile(join(dir, name), 'latin1')));
  return texts.join('').match(/node_lost/g)?.length ?? 0;
}

/** The node that has claimed the lost one, and the other of two. */
async function claimerOf(cluster: NodeCluster, nodes: readonly ClusterNode[]): Promise<ClusterNode[]> {
  const claim = async (): Promise<string> => {
    const [key] = z.array(z.string()).parse(await cluster.reader.text('KEYS', 'wsg:test:dead:0007:*'));
    return key === undefined ? '' : z.string().parse(await cluster.reader.text('GET', key));
  };
  await expect.poll(claim, { timeout: 15_000 }).not.toBe('');
  const number = Number.parseInt(await claim(), 16);
  return [...nodes].sort((a, b) => Number(b.number === number) - Number(a.number === number));
}

/** Loses a node, and then the node that has claimed it before that has delivered anything. */
async function loseCloser(hasLog: boolean) {
  const cluster = await NodeCluster.start();
  const proxy = await TcpProxy.start(cluster.redis.port);
  const dirs = [await temporaryFolder(), await temporaryFolder()];
  const options = (index: number) => ({ streamPort: proxy.port, ...(hasLog && { dir: dirs[index] ?? '' }) });
  const survivors = [await cluster.node(1, options(0)), await cluster.node(2, options(1))];
  const lost = await cluster.node(7, { dir: await temporaryFolder() });
  await lost.connect(CONNECTIONS);
  await cluster.noted(7, CONNECTIONS);
  // Neither survivor can deliver anything.
  await proxy.stop();
  await lost.kill();
  const [closer, other] = await claimerOf(cluster, survivors);
  const index = (closer?.number ?? 1) - 1;
  await expect.poll(() => closer?.metric('outbox_events'), { timeout: 5_000 }).toBe(CONNECTIONS);
  await expect.poll(() => loggedCloses(dirs[index] ?? ''), { timeout: 5_000 }).toBe(hasLog ? CONNECTIONS : 0);
  await closer?.kill();
  await proxy.start();
  return { cluster, other, restart: () => cluster.node(index + 1, options(index)) };
}

it.each([
  ['without a log is lost too', false],
  ['with a log is declared dead too', true],
] as const)(
  'another node closes what a closer that %s had not delivered, and the closer none',
  async (_, hasLog) => {
    const { cluster, other, restart } = await loseCloser(hasLog);
    const events = await cluster.events((all) => closes(all).length >= CONNECTIONS);
    expect(await other?.metric('wsg_cluster_node_lost_closes_total')).toBe(CONNECTIONS);
    const again = await restart();
    await expect.poll(() => again.metric('outbox_events'), { timeout: 10_000 }).toBe(0);
    expect(await cluster.events(() => true)).toHaveLength(events.length);
    expect(disorder(events)).toEqual([]);
    expect((await again.metric('wsg_cluster_late_events_total')) > 0).toBe(hasLog);
  },
  120_000,
);

it('a closer that restarts with its log in time goes on, and closes each connection once', async () => {
  const cluster = await NodeCluster.start();
  const proxy = await TcpProxy.start(cluster.redis.port);
  const dir = await temporaryFolder();
  const closer = await cluster.node(1, { streamPort: proxy.port, dir });
  const lost = await cluster.node(7, { dir: await temporaryFolder() });
  await lost.connect(CONNECTIONS);
  await cluster.events((events) => events.length === CONNECTIONS);
  await cluster.noted(7, CONNECTIONS);
  await proxy.stop();
  await lost.kill();
  await expect.poll(() => closer.metric('outbox_events'), { timeout: 15_000 }).toBe(CONNECTIONS);
  await closer.kill();
  await proxy.start();
  await cluster.node(1, { streamPort: proxy.port, dir });
  const events = await cluster.events((all) => closes(all).length >= CONNECTIONS);
  await expect.poll(() => cluster.reader.text('KEYS', 'connection:*'), { timeout: 10_000 }).toEqual([]);
  expect(await cluster.events(() => true)).toHaveLength(events.length);
  expect(disorder(events)).toEqual([]);
}, 120_000);
