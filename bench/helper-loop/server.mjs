// server.mjs KIND ROUNDS: one of the servers compared. Broadcasts ROUNDS messages to everybody on
// each turn of the event loop.
import { startGateway } from './gateway-server.mjs';

const TEXT = Buffer.from('routine message');
/**
 * The gateway's low-water mark and how much it publishes between two looks at its sockets: the same
 * for its peers.
 */
const LOW_WATER_BYTES = 64 * 1024;
const CHECK_EACH_BYTES = 64 * 1024;

const [kind, roundsText] = process.argv.slice(2);
const rounds = Number(roundsText);

/**
 * The loop of both peers: a batch a turn, and a millisecond of rest while a socket has too much
 * waiting.
 */
function loop(round, isBehind) {
  let unchecked = 0;
  const turn = () => {
    if (unchecked >= CHECK_EACH_BYTES) {
      if (isBehind()) {
        setTimeout(turn, 1);
        return;
      }
      unchecked = 0;
    }
    for (let done = 0; done < rounds; done += 1) round();
    unchecked += rounds * TEXT.length;
    setImmediate(turn);
  };
  turn();
}

async function startBareUws() {
  const { default: uws } = await import('uWebSockets.js');
  const sockets = [];
  const app = uws.App();
  app.ws('/connect', {
    maxBackpressure: 16 * 1024 * 1024,
    open: (socket) => {
      socket.subscribe('all');
      sockets.push(socket);
    },
    close: (socket) => sockets.splice(sockets.indexOf(socket), 1),
  });
  const port = await new Promise((resolve) => {
    app.listen('127.0.0.1', 0, (listening) => resolve(uws.us_socket_local_port(listening)));
  });
  const isBehind = () =>
    sockets.filter((socket) => socket.getBufferedAmount() > LOW_WATER_BYTES).length * 2 > sockets.length;
  return { port, run: () => loop(() => app.publish('all', TEXT, false, false), isBehind) };
}

async function startBareWs() {
  const { WebSocketServer } = await import('ws');
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
  await new Promise((resolve) => server.once('listening', resolve));
  const round = () => {
    for (const client of server.clients) client.send(TEXT, { binary: false });
  };
  const isBehind = () =>
    [...server.clients].filter((client) => client.bufferedAmount > LOW_WATER_BYTES).length * 2 > server.clients.size;
  return { port: server.address().port, run: () => loop(round, isBehind) };
}

const STARTS = {
  'wsg on ws': () => startGateway('ws', rounds),
  'wsg on uws': () => startGateway('uws', rounds),
  uws: startBareUws,
  ws: startBareWs,
};
const { port, run } = await STARTS[kind]();
process.on('message', (message) => {
  if (message === 'run') run();
  const { user, system } = process.cpuUsage();
  process.send({ cpuUs: user + system });
});
process.send({ port });
