// A WebSocket server that sends `routine message` to every connection, `batch` at a time in one
// write, every `every` ms.
//   node sender.mjs <batch> <every ms>      prints its port
import uWS from 'uWebSockets.js';

const batch = Number(process.argv[2]);
const everyMs = Number(process.argv[3]);
const BACKLOG_BYTES = 100_000;
const MAX_CATCH_UP = 8;

const sockets = new Set();
uWS
  .App()
  .ws('/*', {
    open: (socket) => sockets.add(socket),
    close: (socket) => sockets.delete(socket),
    message: () => {},
    maxBackpressure: 0,
  })
  .listen('127.0.0.1', 0, (listening) => console.log(uWS.us_socket_local_port(listening)));

function sendBatch(socket) {
  if (socket.getBufferedAmount() > BACKLOG_BYTES) return;
  socket.cork(() => {
    for (let index = 0; index < batch; index += 1) socket.send('routine message');
  });
}

let dueMs = performance.now();
setInterval(() => {
  const nowMs = performance.now();
  for (let round = 0; round < MAX_CATCH_UP && dueMs <= nowMs; round += 1) {
    dueMs += everyMs;
    for (const socket of sockets) sendBatch(socket);
  }
  if (dueMs <= nowMs) dueMs = nowMs;
}, 1);
