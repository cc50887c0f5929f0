import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts, startDaemon } from './daemon.mjs';

const LIBRARY = '/usr/lib/pushpin';

const config = ({ folder, port, sendPort, others }) => `
[global]
include=${LIBRARY}/internal.conf
rundir=${folder}
ipc_prefix=bench-
[runner]
services=condure,zurl,pushpin-proxy,pushpin-handler
http_port=${port}
logdir=${folder}
log_level=1
client_buffer_size=8192
client_maxconn=20000
[proxy]
routesfile=${folder}/routes
sig_key=bench
zurl_out_specs=ipc://${folder}/bench-zurl-in
zurl_out_stream_specs=ipc://${folder}/bench-zurl-in-stream
zurl_in_specs=ipc://${folder}/bench-zurl-out
updates_check=off
[handler]
push_in_spec=tcp://127.0.0.1:${others[0]}
push_in_sub_specs=tcp://127.0.0.1:${others[1]}
command_spec=tcp://127.0.0.1:${others[2]}
push_in_http_addr=127.0.0.1
push_in_http_port=${sendPort}
push_in_http_max_headers_size=10000
push_in_http_max_body_size=4000000
message_rate=1000000
message_hwm=1000000
stats_spec=ipc://${folder}/bench-stats
`;

const SUBSCRIBE = 'c:{"type":"subscribe","channel":"all"}';
const EVENTS = `OPEN\r\nTEXT ${SUBSCRIBE.length.toString(16)}\r\n${SUBSCRIBE}\r\n`;

/** Why there is no pushpin on this machine; undefined when there is. */
export function pushpinMissing() {
  return existsSync('/usr/bin/pushpin') ? undefined : 'pushpin is left out: the package pushpin is not installed.';
}

/** The backend that pushpin wants: it subscribes each WebSocket to the one channel. */
async function startBackend() {
  const server = createServer((request, response) => {
    let isOpening = false;
    request.on('data', (chunk) => {
      isOpening ||= chunk.toString('latin1').startsWith('OPEN');
    });
    request.on('end', () => {
      const headers = {
        'Content-Type': 'application/websocket-events',
        'Sec-WebSocket-Extensions': 'grip; message-prefix=""',
      };
      response.writeHead(200, headers).end(isOpening ? EVENTS : '');
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** pushpin with its processes, everything of its own in a temporary folder. */
export async function startPushpin(core) {
  const folder = mkdtempSync(join(tmpdir(), 'wsg-bench-pushpin-'));
  const backend = await startBackend();
  const [port, sendPort, ...others] = await freePorts(5);
  writeFileSync(join(folder, 'routes'), `* 127.0.0.1:${backend.address().port},over_http\n`);
  writeFileSync(join(folder, 'pushpin.conf'), config({ folder, port, sendPort, others }));
  const daemon = await startDaemon(['/usr/bin/pushpin', `--config=${folder}/pushpin.conf`], { core, port });
  return {
    port,
    sendPort,
    pids: daemon.pids,
    request: (body) => ({
      path: '/publish/',
      type: 'application/json',
      body: JSON.stringify({ items: [{ channel: 'all', formats: { 'ws-message': { content: body } } }] }),
    }),
    async stop() {
      await daemon.stop();
      backend.closeAllConnections();
      backend.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
