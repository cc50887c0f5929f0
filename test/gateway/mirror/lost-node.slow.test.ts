import { expect, it } from 'vitest';
import { closes, disorder, NodeCluster } from '../../support/node-cluster.js';
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
  const counts = await Promise.all(survivors.map((node) => node.metric('wsg_cluster_node_lost_closes_total')));
  expect(counts.toSorted((a, b) => a - b)).toEqual([0, 0, CONNECTIONS]);
}, 60_000);
