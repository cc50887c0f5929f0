import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { RedisAddress } from './redis-url.js';

const KEEP_ALIVE_MS = 30_000;

/**
 * Begins to connect; the socket fires `connect`, or `secureConnect` with TLS, when it may be written to. Certificates
 * are checked against Node's roots and those that NODE_EXTRA_CA_CERTS names.
 */
export function dialRedis({ endpoint, tls }: RedisAddress): Socket {
  const keeping = { noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS };
  if ('path' in endpoint) return connect({ path: endpoint.path });
  if (!tls) return connect({ ...endpoint, ...keeping });
  const isAddress = isIP(endpoint.host) !== 0;
  const socket = connectTls(isAddress ? endpoint : { ...endpoint, servername: endpoint.host });
  return socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_MS);
}
