import { join } from 'node:path';
import { centrifugoMissing, startCentrifugo } from './centrifugo-server.mjs';
import { nchanMissing, startNchan } from './nchan-server.mjs';
import { startPinned } from './pinned-process.mjs';
import { processTree } from './process-tree.mjs';
import { pushpinMissing, startPushpin } from './pushpin-server.mjs';

const DEFAULT_LIMIT_BYTES = 16 * 1024 * 1024;

async function startNode(kind, core, { limitBytes = DEFAULT_LIMIT_BYTES, policy = 'close', tls }) {
  const script = join(import.meta.dirname, 'broadcast-server.mjs');
  const files = tls === undefined ? [] : [tls.keyFile, tls.certFile];
  const server = await startPinned(script, [kind, limitBytes, policy, ...files], { core });
  const { port, pid } = server.first;
  return {
    port,
    sendPort: port,
    pids: () => processTree(pid),
    request: (body, query = 'all=true') => ({ path: `/send?${query}`, type: 'text/plain', body }),
    /** To the client of that number. The gateway is asked with a query instead. */
    requestToOne: (body, client) => ({ path: `/send?client=${client}`, type: 'text/plain', body }),
    stop: () => server.stop(),
  };
}

/**
 * Starts one of the servers that are compared, on one core: `wsg on uws`, `wsg on ws`, `bare uWS`,
 * `bare ws`, `bare Node`, `nchan`, `pushpin`, `Centrifugo`. All take WebSockets at `/connect` (or `connectPath`) of `port` and send
 * what is POSTed to `sendPort` as `request` says to all of them, or as `requestToOne` says to one
 * alone. `tls` is used for both.
 */
export function startPeer(kind, core, options = {}) {
  if (kind === 'nchan') return startNchan(core, options.tls);
  if (kind === 'pushpin') return startPushpin(core);
  if (kind === 'Centrifugo') return startCentrifugo(core);
  return startNode(kind, core, options);
}

/** Why a server cannot be started here; undefined when it can. */
export function peerMissing(kind) {
  if (kind === 'nchan') return nchanMissing();
  if (kind === 'Centrifugo') return centrifugoMissing();
  return kind === 'pushpin' ? pushpinMissing() : undefined;
}
