// A WebSocket server for the clients of this bench; started by support/pinned-process.mjs.
//   send <batch> <every ms>   sends `routine message` to all, `batch` in one write, every so often
//   echo                      sends back what it gets
//   hold                      does nothing
// Says its port, then answers every question with how many connections there are and how many
// messages it has sent.
import uWS from 'uWebSockets.js';

const [mode, batchText, everyText] = process.argv.slice(2);
const BACKLOG_BYTES = 100_000;
const MAX_CATCH_UP = 8;

const sockets = new Set();
let sent = 0;
uWS
  .App()
  .ws('/*', {
    open: (socket) => sockets.add(socket),
    close: (socket) => sockets.delete(socket),
    message: (socket, message, isBinary) => {
      if (mode !== 'echo') return;
      socket.send(message, isBinary);
      sent += 1;
    },
    maxBackpressure: 0,
    idleTimeout: 0,
  })
  .listen('127.0.0.1', 0, (listening) => process.send(uWS.us_socket_local_port(listening)));

// Ends with its parent process, since nothing else would end it.
process.on('disconnect', () => process.exit(0));
process.on('message', () => process.send({ connections: sockets.size, sent }));

function sendBatch(socket) {
  if (socket.getBufferedAmount() > BACKLOG_BYTES) return;
  socket.cork(() => {
    for (let index = 0; index < Number(batchText); index += 1) socket.send('routine message');
  });
  sent += Number(batchText);
}

if (mode === 'send') {
  let dueMs = performance.now();
  setInterval(() => {
    const nowMs = performance.now();
    for (let round = 0; round < MAX_CATCH_UP && dueMs <= nowMs; round += 1) {
      dueMs += Number(everyText);
      for (const socket of sockets) sendBatch(socket);
    }
    if (dueMs <= nowMs) dueMs = nowMs;
  }, 1);
}
