// broadcast-server.mjs KIND LIMIT_BYTES POLICY [KEY_FILE CERT_FILE]: a server that sends the body
// of each POST to everybody, or with `?client=N` to the client that was the Nth to come: the
// gateway on either transport, bare uWebSockets.js, bare ws, bare Node. What may wait for one
// client is LIMIT_BYTES.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { Gateway } from '../../dist/gateway/gateway.js';
import { loadConfig } from '../../dist/gateway/config-file/load-config.js';

const LOG = { debug: () => undefined, info: () => undefined, warn: console.error, error: console.error };
/** The raw clients answer no pings. */
const IDLE_TIMEOUT_S = 960;
const MAX_BODY_BYTES = 16 * 1024 * 1024;

const [kind, limitText, policy, keyFile, certFile] = process.argv.slice(2);
const limitBytes = Number(limitText);

async function startGateway(transport) {
  const tls = keyFile === undefined ? {} : { tls: { key_file: keyFile, cert_file: certFile } };
  const overrides = { listen_addr: '127.0.0.1:0', transport, ...tls };
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

/**
 * As its users write it: the body gathered, a topic for everybody, the number of subscribers as the
 * answer.
 */
async function startBareUws() {
  const { default: uws } = await import('uWebSockets.js');
  const app = keyFile === undefined ? uws.App() : uws.SSLApp({ key_file_name: keyFile, cert_file_name: certFile });
  const sockets = [];
  app.ws('/connect', {
    idleTimeout: IDLE_TIMEOUT_S,
    maxBackpressure: limitBytes,
    open: (socket) => {
      socket.subscribe('all');
      sockets.push(socket);
    },
  });
  app.post('/send', (res, req) => {
    const client = req.getQuery('client');
    const chunks = [];
    res.onAborted(() => undefined);
    res.onData((chunk, isLast) => {
      chunks.push(Buffer.from(chunk.slice(0)));
      if (!isLast) return;
      const body = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
      if (client === undefined) app.publish('all', body, false, false);
      else sockets[Number(client)].send(body, false, false);
      res.end(String(app.numSubscribers('all')));
    });
  });
  return new Promise((resolve) => {
    app.listen('127.0.0.1', 0, (listening) => resolve(uws.us_socket_local_port(listening)));
  });
}

async function startBareWs() {
  const { WebSocketServer } = await import('ws');
  const byNumber = [];
  const answer = (request, response) => {
    const [, client] = request.url.split('client=');
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const receivers = client === undefined ? sockets.clients : [byNumber[Number(client)]];
      for (const receiver of receivers) receiver.send(body, { binary: false });
      response.end(String(sockets.clients.size));
    });
  };
  const tls = keyFile === undefined ? undefined : { key: readFileSync(keyFile), cert: readFileSync(certFile) };
  const http = tls === undefined ? createServer(answer) : createTlsServer(tls, answer);
  const sockets = new WebSocketServer({ server: http, perMessageDeflate: false, maxPayload: MAX_BODY_BYTES });
  sockets.on('connection', (socket) => byNumber.push(socket));
  await new Promise((resolve) => http.listen(0, '127.0.0.1', resolve));
  return http.address().port;
}

/**
 * The least that a server on Node's streams does: a frame made once, and a write for each client.
 * Knows neither other clients than all nor longer messages.
 */
async function startBareNode() {
  const sockets = [];
  const answer = (request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const frame = Buffer.concat([Buffer.from([0x81, body.length]), body]);
      response.end(String(sockets.length));
      setImmediate(() => {
        for (const socket of sockets) socket.write(frame);
      });
    });
  };
  const tls = keyFile === undefined ? undefined : { key: readFileSync(keyFile), cert: readFileSync(certFile) };
  const http = tls === undefined ? createServer(answer) : createTlsServer(tls, answer);
  http.on('upgrade', (request, socket) => {
    const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const accept = createHash('sha1').update(key).digest('base64');
    const head = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
    socket.setNoDelay();
    socket.resume();
    socket.write([...head, `Sec-WebSocket-Accept: ${accept}`, '', ''].join('\r\n'));
    sockets.push(socket);
  });
  await new Promise((resolve) => http.listen(0, '127.0.0.1', resolve));
  return http.address().port;
}

const STARTS = {
  'wsg on uws': () => startGateway('uws'),
  'wsg on ws': () => startGateway('ws'),
  'bare uWS': startBareUws,
  'bare ws': startBareWs,
  'bare Node': startBareNode,
};
process.send({ port: await STARTS[kind](), pid: process.pid });
