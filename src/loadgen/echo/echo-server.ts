import { closeSync, writeSync } from 'node:fs';
import { WebSocketServer, type WebSocket } from 'ws';

const HOST = '127.0.0.1';
const LARGEST_MESSAGE_BYTES = 16 * 1024 * 1024;
const BACKLOG = 4096;
/** Maximum number of unsent bytes before the server stops reading from the client. */
const MAX_BUFFERED_BYTES = 1024 * 1024;

/**
 * Entry of a process that echoes each WebSocket message on a free port of 127.0.0.1. It writes its
 * address as a JSON line to the descriptor `--ready-fd`, and ends when its parent does or on
 * SIGTERM.
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
  server.on('listening', () => reportAddress(server));
  process.once('disconnect', () => process.exit(0));
  process.once('SIGTERM', () => process.exit(0));
}

function echo(socket: WebSocket): void {
  socket.on('message', (message, isBinary) => {
    socket.send(Array.isArray(message) ? Buffer.concat(message) : message, { binary: isBinary }, () => {
      if (socket.isPaused && socket.bufferedAmount < MAX_BUFFERED_BYTES) socket.resume();
    });
    if (socket.bufferedAmount >= MAX_BUFFERED_BYTES) socket.pause();
  });
  // A broken stream also closes the connection.
  socket.on('error', () => undefined);
}

function reportAddress(server: WebSocketServer): void {
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the echo server has no address');
  const fd = Number(process.argv[process.argv.indexOf('--ready-fd') + 1]);
  writeSync(fd, `${JSON.stringify({ host: HOST, port: address.port })}\n`);
  closeSync(fd);
}

main();
