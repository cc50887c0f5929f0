import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';
import { Socket } from 'node:net';

const signals = new AsyncLocalStorage<AbortSignal>();
let isSubscribed = false;

/**
 * Runs `open`, and destroys the TCP sockets that it opens when the signal aborts: for a library
 * that takes no signal, and that leaves sockets behind when its own timeout ends a handshake. Node
 * tells of each socket before it connects.
 */
export function bindSockets<T>(signal: AbortSignal, open: () => T): T {
  if (!isSubscribed) subscribe('net.client.socket', bind);
  isSubscribed = true;
  return signals.run(signal, open);
}

/**
 * Destroys without an error: the library takes its listeners off the socket between two steps of a
 * handshake.
 */
function bind(message: unknown): void {
  const signal = signals.getStore();
  if (signal === undefined || typeof message !== 'object' || message === null || !('socket' in message)) return;
  const { socket } = message;
  if (!(socket instanceof Socket)) return;
  const destroy = (): unknown => socket.destroy();
  // It is told of before it connects, and connecting would bring it back to life.
  if (signal.aborted) process.nextTick(destroy);
  else signal.addEventListener('abort', destroy, { once: true });
}
