import type { Socket } from 'node:net';
import { WebSocket } from 'ws';

/** How long a peer may take to answer our close frame before the socket is cut: milliseconds. */
const CLOSE_TIMEOUT_MS = 5000;

/** A `ws` client in the midst of its connection. */
export type AdoptedSocket = WebSocket;

/**
 * Makes a `ws` client of a socket on which the upgrade is done, as ws's own server does with `setSocket`: half the CPU of
 * `new WebSocket(url)`. That method is not documented, so the version of ws is bounded and a test stands for it.
 */
export function adoptSocket(socket: Socket): WebSocket {
  const options = { autoPong: true, closeTimeout: CLOSE_TIMEOUT_MS };
  const adopted: unknown = Reflect.construct(WebSocket, [null, undefined, options]);
  if (!(adopted instanceof WebSocket)) throw new Error('ws made no WebSocket');
  // A WebSocket without an address takes itself for a server's: it would neither mask nor accept unmasked frames.
  Reflect.set(adopted, '_isServer', false);
  const setSocket: unknown = Reflect.get(adopted, 'setSocket');
  if (typeof setSocket !== 'function') throw new Error('this version of ws has no setSocket');
  const receiving = { allowSynchronousEvents: true, maxPayload: 0, skipUTF8Validation: true };
  Reflect.apply(setSocket, adopted, [socket, Buffer.alloc(0), receiving]);
  return adopted;
}
