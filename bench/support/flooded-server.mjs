import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { startPeer } from './broadcast-peers.mjs';
import { readIds, setTags } from './gateway-requests.mjs';
import { startPinned } from './pinned-process.mjs';
import { cpuSeconds } from './process-tree.mjs';

/** Whether it is the gateway, which must not lose a message. */
export function isGateway(kind) {
  return kind.startsWith('wsg');
}

/**
 * One of the servers that are compared, on a core, and its clients, on another: all connected and,
 * with the gateway, tagged with `tags`.
 */
export async function startFlooded(kind, { clients: count, compressed, path, tags, tls }) {
  const server = await startPeer(kind, 0, { tls });
  try {
    const core = availableParallelism() > 1 ? 1 : undefined;
    const script = join(import.meta.dirname, 'subscribers.mjs');
    const args = [server.port, server.sendPort, ...(tls === undefined ? [] : ['tls'])];
    const clients = await startPinned(script, args, { core });
    const { cipher } = await clients.ask({
      do: 'connect',
      clients: count,
      compressed,
      path: path ?? server.connectPath,
    });
    const isTls = tls !== undefined;
    if (isGateway(kind) && tags !== undefined) await setTags(server.port, tags, { isTls });
    const ids = isGateway(kind) ? await readIds(server.port, { isTls }) : [];
    const stop = () => Promise.all([clients.stop(), server.stop()]);
    return { kind, server, clients, cipher, ids, isTls, pids: server.pids(), stop };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/**
 * Floods a server for a moment (see `flood` of subscribers.mjs): what that cost it; undefined when
 * a peer lost something. Throws when the gateway did.
 */
export async function flood({ kind, clients, pids }, question) {
  const before = cpuSeconds(pids);
  const answer = await clients.ask({ do: 'flood', ...question });
  const cpuS = cpuSeconds(pids) - before;
  if (answer.isComplete) return { cpuS, posts: answer.posts, seconds: answer.seconds };
  if (isGateway(kind)) {
    throw new Error(`${kind}: not every client got all of its messages of ${answer.posts} posts. ${answer.refused}`);
  }
  return undefined;
}
