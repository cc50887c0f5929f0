import { connect } from 'node:net';

/** Longest wait for a gateway that has nothing to say, or says it for ever. */
const PATIENCE_MS = 60;
/** Longest wait for the end of a connection that the client has finished. */
const FINISH_MS = 5_000;

const UPGRADED = Buffer.from('HTTP/1.1 101 ');

/**
 * Sends one input on a connection of its own, each segment in a tick of its own. Resolves when the connection is over to `{ upgraded }`:
 * whether the gateway has said 101. Rejects when it could not connect.
 */
export function sendInput(port, { segments, ending }) {
  return new Promise((resolve, reject) => {
    let upgraded = false;
    let first = true;
    let timer;
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    socket.on('data', (chunk) => {
      if (first) upgraded = chunk.subarray(0, UPGRADED.length).equals(UPGRADED);
      first = false;
    });
    socket.on('error', (error) => {
      if (error.syscall === 'connect') reject(error);
    });
    socket.once('close', () => {
      clearTimeout(timer);
      resolve({ upgraded });
    });
    socket.once('connect', () => {
      writeSegments(socket, segments, 0, () => {
        timer = setTimeout(() => socket.destroy(), ending === 'finish' ? FINISH_MS : PATIENCE_MS);
        if (ending === 'finish') socket.end();
        else if (ending === 'reset') socket.resetAndDestroy();
      });
    });
  });
}

function writeSegments(socket, segments, index, done) {
  if (index === segments.length || socket.destroyed) {
    done();
    return;
  }
  socket.write(segments[index]);
  setImmediate(() => writeSegments(socket, segments, index + 1, done));
}
