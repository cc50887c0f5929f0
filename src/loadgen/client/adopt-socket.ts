import type { Socket } from 'node:net';
import * as wsLibrary from 'ws';
import { WebSocket } from 'ws';

/** Time in milliseconds that a peer has to answer a close frame before the socket is destroyed. */
export const CLOSING_TIMEOUT_MS = 5000;

/** A `ws` client whose handshake is already done. */
export type AdoptedSocket = WebSocket;

/**
 * Creates a `ws` client from a socket whose upgrade is complete, as ws's own server does with
 * `setSocket`. This takes half the CPU of `new WebSocket(url)`. The method is undocumented, so the
 * version of ws is bounded and a test covers it. `extensions` is the response header if
 * permessage-deflate was accepted.
 */
export function adoptSocket(socket: Socket, extensions?: string): WebSocket {
  const options = { autoPong: true, closeTimeout: CLOSING_TIMEOUT_MS };
  const adopted: unknown = Reflect.construct(WebSocket, [null, undefined, options]);
  if (!(adopted instanceof WebSocket)) throw new Error('ws did not create a WebSocket');
  // A WebSocket without an address acts as a server: it would neither mask frames nor accept
  // unmasked ones.
  Reflect.set(adopted, '_isServer', false);
  if (extensions !== undefined) Reflect.set(adopted, '_extensions', acceptDeflate(extensions));
  const setSocket: unknown = Reflect.get(adopted, 'setSocket');
  if (typeof setSocket !== 'function') throw new Error('this version of ws has no setSocket');
  const receiving = { allowSynchronousEvents: true, maxPayload: 0, skipUTF8Validation: true };
  Reflect.apply(setSocket, adopted, [socket, Buffer.alloc(0), receiving]);
  return adopted;
}

/**
 * Parses the response as ws's own client does. Throws if the server's parameters are not allowed.
 */
function acceptDeflate(header: string): Record<string, unknown> {
  const PerMessageDeflate: unknown = Reflect.get(wsLibrary, 'PerMessageDeflate');
  const extension: unknown = Reflect.get(wsLibrary, 'extension');
  const name = 'permessage-deflate';
  if (typeof PerMessageDeflate !== 'function' || typeof extension !== 'object' || extension === null) {
    throw new Error('this version of ws has no compression');
  }
  const deflate: unknown = Reflect.construct(PerMessageDeflate, [{ isServer: false, maxPayload: 0 }]);
  const offers: unknown = callMethod(extension, 'parse', [header]);
  if (typeof deflate !== 'object' || deflate === null || typeof offers !== 'object' || offers === null) {
    throw new Error('this version of ws has no compression');
  }
  callMethod(deflate, 'offer', []);
  callMethod(deflate, 'accept', [Reflect.get(offers, name)]);
  return { [name]: deflate };
}

function callMethod(target: object, name: string, args: readonly unknown[]): unknown {
  const method: unknown = Reflect.get(target, name);
  if (typeof method !== 'function') throw new Error(`this version of ws has no ${name}`);
  return Reflect.apply(method, target, [...args]);
}
