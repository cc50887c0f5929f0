import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';
import { Socket } from 'node:net';

const signals = new AsyncLocalStorage<AbortSignal>();
let isSubscribed = false;

/**
 * Runs `open`, and destroys the TCP sockets that it opens when the signal aborts. This is for a
 * library that takes no signal and leaves sockets behind when its own timeout ends a handshake.
 * Node's diagnostics channel reports each socket before it connects.
 */
export function bindSockets<T>(signal: AbortSignal, open: () => T): T {
  if (!isSubscribed) subscribe('net.client.socket', bind);
  isSubscribed = true;
  return signals.run(signal, open);
}

/**
 * Destroys without an error, because the library removes its listeners from the socket between two
 * steps of a handshake.
 */
function bind(message: unknown): void {
  const signal = signals.getStore();
  if (signal === undefined || typeof message !== 'object' || message === null || !('socket' in message)) return;
  const { socket } = message;
  if (!(socket instanceof Socket)) return;
  const destroy = (): unknown => socket.destroy();
  // The socket is not connecting yet, and connecting would revive a destroyed socket.
  if (signal.aborted) process.nextTick(destroy);
  else signal.addEventListener('abort', destroy, { once: true });
}
