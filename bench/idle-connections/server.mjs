// server.mjs KIND: one of the servers compared, with --expose-gc. Answers `rss` after a collection,
// `tag` after giving tags.
import { Gateway } from '../../dist/gateway/gateway.js';
import { loadConfig } from '../../dist/gateway/config-file/load-config.js';
import { tagEach } from './own-tags.mjs';

const LOG = { debug: () => undefined, info: () => undefined, warn: console.error, error: console.error };

async function startGateway(transport) {
  const plugins = [{ module: './own-tags.mjs', options: {} }];
  const overrides = { listen_addr: '127.0.0.1:0', transport, plugins };
  const { config } = loadConfig({ cwd: import.meta.dirname, env: {}, overrides });
  // A small ring that the warm-up fills, so that its bytes do not count as those of connections.
  const ring = { ...config.ring, maxEvents: 100 };
  const gateway = new Gateway({ ...config, ring }, { log: LOG });
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
  'wsg on uws': () => startGateway('uws'),
  'wsg on ws': () => startGateway('ws'),
  'bare uWS': startBareUws,
  'bare ws': startBareWs,
};

const port = await STARTS[process.argv[2]]();
process.on('message', (question) => {
  if (question === 'tag') tagEach();
  globalThis.gc();
  globalThis.gc();
  process.send(process.memoryUsage.rss());
});
process.send(port);
