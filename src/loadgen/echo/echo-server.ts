import { closeSync, writeSync } from 'node:fs';
import { WebSocketServer, type WebSocket } from 'ws';

const HOST = '127.0.0.1';
const LARGEST_MESSAGE_BYTES = 16 * 1024 * 1024;
const BACKLOG = 4096;
/** Behind what is not read so much may wait before the client is not read either. */
const MOST_BUFFERED_BYTES = 1024 * 1024;

/**
 * The entry of a process that answers each WebSocket message with the same one, on a free port of
 * 127.0.0.1. Writes where it listens as a JSON line to the descriptor of `--ready-fd` and ends when
 * its parent is gone, or on SIGTERM.
 */
function main(): void {
  const server = new WebSocketServer({
    host: HOST,
    port: 0,
    backlog: BACKLOG,
    perMessageDeflate: false,
    maxPayload: LARGEST_MESSAGE_BYTES,
    skipUTF8Validation: true,
  });
  server.on('connection', echo);
  server.on('listening', () => tellAddress(server));
  process.once('disconnect', () => process.exit(0));
  process.once('SIGTERM', () => process.exit(0));
}

function echo(socket: WebSocket): void {
  socket.on('message', (message, isBinary) => {
    socket.send(Array.isArray(message) ? Buffer.concat(message) : message, { binary: isBinary }, () => {
      if (socket.isPaused && socket.bufferedAmount < MOST_BUFFERED_BYTES) socket.resume();
    });
    if (socket.bufferedAmount >= MOST_BUFFERED_BYTES) socket.pause();
  });
  // A broken stream closes the connection too.
  socket.on('error', () => undefined);
}

function tellAddress(server: WebSocketServer): void {
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the echo server has no address');
  const fd = Number(process.argv[process.argv.indexOf('--ready-fd') + 1]);
  writeSync(fd, `${JSON.stringify({ host: HOST, port: address.port })}\n`);
  closeSync(fd);
}

main();
