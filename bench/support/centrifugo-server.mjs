import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts, startDaemon } from './daemon.mjs';

const { CENTRIFUGO_BIN } = process.env;

/**
 * No authentication, as the other servers have none here. History and presence are off,
 * as they are by default, and pings are rarer than a bench takes, because their bytes would be
 * counted.
 */
const config = (port) => ({
  http_server: { address: '127.0.0.1', port },
  log: { level: 'error' },
  client: { insecure: true, allowed_origins: ['*'], ping_interval: '24h' },
  http_api: { insecure: true },
  uni_websocket: { enabled: true, handler_prefix: '/connect' },
});

/** Why there is no Centrifugo on this machine; undefined when there is. */
export function centrifugoMissing() {
  return CENTRIFUGO_BIN === undefined
    ? 'Centrifugo is left out: CENTRIFUGO_BIN names no program (`go install github.com/centrifugal/centrifugo/v6@v6.9.1`).'
    : undefined;
}

/**
 * Centrifugo without a client library: its unidirectional WebSocket, which subscribes by a query
 * parameter, and its HTTP API. Its frames are JSON with the message inside.
 */
export async function startCentrifugo(core) {
  const folder = mkdtempSync(join(tmpdir(), 'wsg-bench-centrifugo-'));
  const [port] = await freePorts(1);
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config(port)));
  const daemon = await startDaemon([CENTRIFUGO_BIN, '--config', join(folder, 'config.json')], { core, port });
  const subscription = encodeURIComponent(JSON.stringify({ subs: { all: {} } }));
  return {
    port,
    sendPort: port,
    pids: daemon.pids,
    connectPath: `/connect?cf_connect=${subscription}`,
    request: (body) => ({
      path: '/api/publish',
      type: 'application/json',
      body: JSON.stringify({ channel: 'all', data: body }),
    }),
    async stop() {
      await daemon.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
