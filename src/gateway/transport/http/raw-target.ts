import type { Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { encodeBytes } from './request-target.js';

type Listener = (...args: unknown[]) => void;

/** A connection that Node's HTTP server has taken. */
interface TakenConnection {
  /** What the server does with a new connection. */
  readonly takers: readonly Listener[];
  /** What it has put on this one. */
  readonly added: readonly AddedListener[];
}

interface AddedListener {
  readonly event: string | symbol;
  readonly listener: Listener;
}

const LINE_FEED = 0x0a;
const FIRST_HIGH_BYTE = 0x80;
/** A method, a space and the target up to the byte that was refused. */
const TARGET_BEGUN = /^[A-Z]+ [^\s]*$/;

/**
 * Serves requests whose target holds bytes above ASCII as they are, such as `/send?name=Zoë` in
 * UTF-8. Go takes them, and so did the old program; Node's parser refuses them. The request is then
 * given to a new parser with these bytes percent-encoded. That takes the request line in one
 * segment, and no answer to an earlier request that is still owed.
 */
export class RawTargets {
  readonly #taken = new WeakMap<Duplex, TakenConnection>();
  /** The events of a connection that the server has taken: each of a server's has the same. */
  #events: readonly (string | symbol)[] = [];

  /** Puts itself around what the server does with each new connection, TLS already taken off. */
  guard(server: Server, event: 'connection' | 'secureConnection'): void {
    const takers = server.listeners(event).filter(isListener);
    server.removeAllListeners(event);
    server.on(event, (socket: Duplex) => this.#take(server, socket, takers));
  }

  /**
   * The connection carries no more requests. What is kept of it would keep the parser and all that
   * belongs to it.
   */
  forget(socket: Duplex): void {
    this.#taken.delete(socket);
  }

  /** Whether the request that the parser has refused with this error is served after all. */
  rescue(server: Server, socket: Duplex, error: Error): boolean {
    const taken = this.#taken.get(socket);
    const packet = refusedPacket(error);
    const encoded = packet && encodeTarget(packet.bytes, packet.offset);
    if (taken === undefined || encoded === undefined || socket.destroyed) return false;
    for (const { event, listener } of taken.added) {
      socket.removeListener(event, listener);
      // Lets go of the old parser.
      if (event === 'close') Reflect.apply(listener, socket, []);
    }
    this.#take(server, socket, taken.takers);
    socket.unshift(encoded);
    return true;
  }

  /** On the way of each connection. Listeners are added behind those that are there. */
  #take(server: Server, socket: Duplex, takers: readonly Listener[]): void {
    const before = new Map<string | symbol, number>();
    for (const event of socket.eventNames()) before.set(event, socket.listenerCount(event));
    for (const take of takers) Reflect.apply(take, server, [socket]);
    if (this.#events.length === 0) this.#events = socket.eventNames();
    const added: AddedListener[] = [];
    for (const event of this.#events) {
      const earlier = before.get(event) ?? 0;
      if (socket.listenerCount(event) === earlier) continue;
      for (const listener of socket.listeners(event).slice(earlier)) {
        if (isListener(listener)) added.push({ event, listener });
      }
    }
    this.#taken.set(socket, { takers, added });
  }
}

function isListener(value: unknown): value is Listener {
  return typeof value === 'function';
}

/** What the parser was reading when it met a byte that no target may hold, and where. */
function refusedPacket(error: Error): { readonly bytes: Buffer; readonly offset: number } | undefined {
  if (!('code' in error) || error.code !== 'HPE_INVALID_URL') return undefined;
  if (!('rawPacket' in error) || !Buffer.isBuffer(error.rawPacket)) return undefined;
  if (!('bytesParsed' in error) || typeof error.bytesParsed !== 'number') return undefined;
  return { bytes: error.rawPacket, offset: error.bytesParsed };
}

/**
 * The bytes from the refused request line on, with what is above ASCII in that line
 * percent-encoded.
 */
function encodeTarget(bytes: Buffer, offset: number): Buffer | undefined {
  if ((bytes[offset] ?? 0) < FIRST_HIGH_BYTE) return undefined;
  const start = bytes.lastIndexOf(LINE_FEED, offset) + 1;
  if (!TARGET_BEGUN.test(bytes.toString('latin1', start, offset))) return undefined;
  const newline = bytes.indexOf(LINE_FEED, offset);
  const end = newline === -1 ? bytes.length : newline;
  const line = encodeBytes(bytes.toString('latin1', start, end));
  return Buffer.concat([Buffer.from(line, 'latin1'), bytes.subarray(end)]);
}
