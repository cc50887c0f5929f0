import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import { z } from 'zod';
import * as wsLibrary from 'ws';
import { WebSocket } from 'ws';

/** The client library under the virtual users, as the run file names it: `ws 8.23.0`. */
export function clientVersion(): string {
  const manifest: unknown = createRequire(import.meta.url)('ws/package.json');
  return `ws ${z.object({ version: z.string() }).parse(manifest).version}`;
}

/** How long a peer may take to answer our close frame before the socket is cut: milliseconds. */
export const CLOSING_TIMEOUT_MS = 5000;

/** A `ws` client in the midst of its connection. */
export type AdoptedSocket = WebSocket;

/**
 * Makes a `ws` client of a socket on which the upgrade is done, as ws's own server does with
 * `setSocket`: half the CPU of `new WebSocket(url)`. That method is not documented, so the version
 * of ws is bounded and a test stands for it. `extensions` is the answer's header when
 * permessage-deflate was accepted.
 */
export function adoptSocket(socket: Socket, extensions?: string): WebSocket {
  const options = { autoPong: true, closeTimeout: CLOSING_TIMEOUT_MS };
  const adopted: unknown = Reflect.construct(WebSocket, [null, undefined, options]);
  if (!(adopted instanceof WebSocket)) throw new Error('ws made no WebSocket');
  // A WebSocket without an address takes itself for a server's: it would neither mask nor accept
  // unmasked frames.
  Reflect.set(adopted, '_isServer', false);
  if (extensions !== undefined) Reflect.set(adopted, '_extensions', acceptDeflate(extensions));
  const setSocket: unknown = Reflect.get(adopted, 'setSocket');
  if (typeof setSocket !== 'function') throw new Error('this version of ws has no setSocket');
  const receiving = { allowSynchronousEvents: true, maxPayload: 0, skipUTF8Validation: true };
  Reflect.apply(setSocket, adopted, [socket, Buffer.alloc(0), receiving]);
  return adopted;
}

/**
 * What ws's own client makes of the server's answer. Throws when the parameters are none that may
 * be answered.
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
