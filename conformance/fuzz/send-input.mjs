import { connect } from 'node:net';
import { goodHandshake } from './handshake-input.mjs';

/** Longest wait for a gateway that has nothing to say, or says it for ever. */
const PATIENCE_MS = 60;
/**
 * Longest wait for the end of a connection that the client has finished, and on which the gateway
 * may still have much to say.
 */
const FINISH_MS = 500;

const UPGRADED = Buffer.from('HTTP/1.1 101 ');
const OPENINGS = { plain: goodHandshake(false), deflate: goodHandshake(true) };

/**
 * Sends one input on a connection of its own, each segment in a tick of its own; frames when the
 * handshake has been answered. Resolves when the connection is over to `{ upgraded }`: whether the
 * gateway has said 101. Rejects when it could not connect.
 */
export function sendInput(port, input) {
  return new Promise((resolve, reject) => {
    const opening = OPENINGS[input.opening];
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let upgraded = false;
    let send = () => sendSegments(socket, input);
    const sendOnce = () => {
      send();
      send = () => undefined;
    };
    let take = (chunk) => {
      upgraded = chunk.subarray(0, UPGRADED.length).equals(UPGRADED);
      take = () => undefined;
      sendOnce();
    };
    socket.on('data', (chunk) => take(chunk));
    socket.on('error', (error) => {
      if (error.syscall === 'connect') reject(error);
    });
    socket.once('close', () => resolve({ upgraded }));
    socket.once('connect', () => {
      if (opening === undefined) sendOnce();
      else socket.write(opening);
    });
  });
}

function sendSegments(socket, { segments, ending }, index = 0) {
  if (socket.destroyed) return;
  if (index < segments.length) {
    socket.write(segments[index]);
    setImmediate(() => sendSegments(socket, { segments, ending }, index + 1));
    return;
  }
  const timer = setTimeout(() => socket.destroy(), ending === 'finish' ? FINISH_MS : PATIENCE_MS);
  socket.once('close', () => clearTimeout(timer));
  if (ending === 'finish') socket.end();
  else if (ending === 'reset') socket.resetAndDestroy();
}
