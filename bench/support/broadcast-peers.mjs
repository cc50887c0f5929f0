import { join } from 'node:path';
import { nchanMissing, startNchan } from './nchan-server.mjs';
import { startPinned } from './pinned-process.mjs';
import { processTree } from './process-tree.mjs';
import { pushpinMissing, startPushpin } from './pushpin-server.mjs';

const DEFAULT_LIMIT_BYTES = 16 * 1024 * 1024;

async function startNode(kind, core, { limitBytes = DEFAULT_LIMIT_BYTES, policy = 'close' }) {
  const script = join(import.meta.dirname, 'broadcast-server.mjs');
  const server = await startPinned(script, [kind, limitBytes, policy], { core });
  const { port, pid } = server.first;
  return {
    port,
    sendPort: port,
    pids: () => processTree(pid),
    request: (body, query = 'all=true') => ({ path: `/send?${query}`, type: 'text/plain', body }),
    stop: () => server.stop(),
  };
}

/**
 * Starts one of the servers that are compared, on one core: `wsg on uws`, `wsg on ws`, `bare uWS`, `bare ws`, `nchan`, `pushpin`. All take WebSockets at
 * `/connect` of `port` and send what is POSTed to `sendPort` as `request` says to all of them.
 */
export function startPeer(kind, core, options = {}) {
  if (kind === 'nchan') return startNchan(core);
  if (kind === 'pushpin') return startPushpin(core);
  return startNode(kind, core, options);
}

/** Why a server cannot be started here; undefined when it can. */
export function peerMissing(kind) {
  if (kind === 'nchan') return nchanMissing();
  return kind === 'pushpin' ? pushpinMissing() : undefined;
}
