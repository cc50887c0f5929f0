// broadcast-server.mjs KIND LIMIT_BYTES POLICY: a server that sends the body of each POST to everybody: the gateway on either transport, bare
// uWebSockets.js, bare ws. What may wait for one client is LIMIT_BYTES.
import { createServer } from 'node:http';
import { Gateway } from '../../dist/gateway/gateway.js';
import { loadConfig } from '../../dist/gateway/config/load-config.js';

const LOG = { debug: () => undefined, info: () => undefined, warn: console.error, error: console.error };
/** The raw clients answer no pings. */
const IDLE_TIMEOUT_S = 960;
const MAX_BODY_BYTES = 16 * 1024 * 1024;

const [kind, limitText, policy] = process.argv.slice(2);
const limitBytes = Number(limitText);

async function startGateway(transport) {
  const overrides = { listen_addr: '127.0.0.1:0', transport };
  // No file by the default name lies there.
  const { config } = loadConfig({ cwd: import.meta.dirname, env: {}, overrides });
  const maxBufferedBytes = limitBytes + 1024 * 1024;
  const endpoints = config.endpoints.map((endpoint) => ({
    ...endpoint,
    policy,
    maxQueueBytes: limitBytes,
    maxBufferedBytes,
    idleTimeoutS: IDLE_TIMEOUT_S,
  }));
  const { port } = await new Gateway({ ...config, endpoints }, { log: LOG }).start();
  return port;
}

/** As its users write it: the body gathered, a topic for everybody, the number of subscribers as the answer. */
async function startBareUws() {
  const { default: uws } = await import('uWebSockets.js');
  const app = uws.App();
  app.ws('/connect', {
    idleTimeout: IDLE_TIMEOUT_S,
    maxBackpressure: limitBytes,
    open: (socket) => socket.subscribe('all'),
  });
  app.post('/send', (res) => {
    const chunks = [];
    res.onAborted(() => undefined);
    res.onData((chunk, isLast) => {
      chunks.push(Buffer.from(chunk.slice(0)));
      if (!isLast) return;
      app.publish('all', chunks.length === 1 ? chunks[0] : Buffer.concat(chunks), false, false);
      res.end(String(app.numSubscribers('all')));
    });
  });
  return new Promise((resolve) => {
    app.listen('127.0.0.1', 0, (listening) => resolve(uws.us_socket_local_port(listening)));
  });
}

async function startBareWs() {
  const { WebSocketServer } = await import('ws');
  const http = createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      for (const client of sockets.clients) client.send(body, { binary: false });
      response.end(String(sockets.clients.size));
    });
  });
  const sockets = new WebSocketServer({ server: http, perMessageDeflate: false, maxPayload: MAX_BODY_BYTES });
  await new Promise((resolve) => http.listen(0, '127.0.0.1', resolve));
  return http.address().port;
}

const STARTS = {
  'wsg on uws': () => startGateway('uws'),
  'wsg on ws': () => startGateway('ws'),
  'bare uWS': startBareUws,
  'bare ws': startBareWs,
};
process.send({ port: await STARTS[kind](), pid: process.pid });
