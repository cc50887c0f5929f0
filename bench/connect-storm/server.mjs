// server.mjs KIND [REDIS_URL]: one of the servers compared. Answers each message with what it has
// cost.
import { Gateway } from '../../dist/gateway/gateway.js';
import { configSchema } from '../../dist/gateway/config-file/config-schema.js';
import { resolveConfig } from '../../dist/gateway/config-file/resolve-config.js';

const LOG = { debug: () => undefined, info: () => undefined, warn: console.error, error: console.error };
const [kind, redisUrl = ''] = process.argv.slice(2);

async function startGateway(transport) {
  const file = configSchema.parse({
    listen_addr: '127.0.0.1:0',
    transport,
    endpoints: [{ path: '/connect', set_tags: { foo: 'bar' }, stream_include_tags: ['foo'] }],
    events: { enabled: true },
    connection_redis_sync: { addr: redisUrl },
    drain: { close_spread_s: 0 },
  });
  const gateway = new Gateway(resolveConfig(file, process.cwd()), { log: LOG });
  const { port } = await gateway.start();
  return port;
}

async function startBareUws() {
  const { default: uws } = await import('uWebSockets.js');
  const app = uws.App();
  app.ws('/connect', { message: () => undefined });
  return new Promise((resolve) => {
    app.listen('127.0.0.1', 0, (listening) => resolve(uws.us_socket_local_port(listening)));
  });
}

async function startBareWs() {
  const { WebSocketServer } = await import('ws');
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
  await new Promise((resolve) => server.once('listening', resolve));
  return server.address().port;
}

const STARTS = {
  'wsg on ws': () => startGateway('ws'),
  'wsg on uws': () => startGateway('uws'),
  'bare ws': startBareWs,
  'bare uWS': startBareUws,
};
const port = await STARTS[kind]();
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send({ cpuMs: (user + system) / 1000, atMs: performance.now() });
});
process.send(port);
