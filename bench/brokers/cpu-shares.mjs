// Profiles a piece of work by the owner of the code.
import { Session } from 'node:inspector/promises';

const SAMPLE_US = 500;

const ofUrl = (url, name) => {
  if (name === '(garbage collector)') return 'garbage collector';
  if (name === '(idle)') return 'idle';
  if (/node_modules\/(amqplib|@nats-io)/.test(url)) return 'client library';
  if (/\/dist\/gateway\//.test(url)) return 'wsg';
  return undefined;
};

/**
 * Does the work; gives for each owner its share of the CPU, idle time left out. What Node does for
 * somebody counts as theirs.
 */
export async function cpuShares(work) {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: SAMPLE_US });
  await session.post('Profiler.start');
  await work();
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  const hits = new Map();
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const visit = (node, inherited) => {
    const owner = ofUrl(node.callFrame.url, node.callFrame.functionName) ?? inherited;
    hits.set(owner, (hits.get(owner) ?? 0) + node.hitCount);
    for (const child of node.children ?? []) visit(nodes.get(child), owner);
  };
  visit(profile.nodes[0], 'Node');
  hits.delete('idle');
  const total = [...hits.values()].reduce((sum, count) => sum + count, 0);
  return Object.fromEntries([...hits].map(([owner, count]) => [owner, count / total]));
}
