import type { Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { encodeBytes } from './request-text.js';

type Listener = (...args: unknown[]) => void;

/** A connection that Node's HTTP server has taken. */
interface TakenConnection {
  /** The server's own listeners for a new connection. */
  readonly takers: readonly Listener[];
  /** The listeners that the server added to this one. */
  readonly added: readonly AddedListener[];
}

interface AddedListener {
  readonly event: string | symbol;
  readonly listener: Listener;
}

const LINE_FEED = 0x0a;
const FIRST_HIGH_BYTE = 0x80;
/** A method, a space and the target up to the refused byte. */
const TARGET_BEGUN = /^[A-Z]+ [^\s]*$/;

/**
 * Serves requests whose target contains raw bytes above ASCII, such as `/send?name=Zoë` in UTF-8.
 * Go and the original wsgateway accept them; Node's parser refuses them. The request is passed to a
 * new parser with these bytes percent-encoded. This works only if the request line arrived in one
 * segment and no earlier answer is pending.
 */
export class RawTargets {
  readonly #taken = new WeakMap<Duplex, TakenConnection>();
  /** The events that the server listens to, the same on each of its connections. */
  #events: readonly (string | symbol)[] = [];

  /** Wraps the server's handling of each new connection, after TLS. */
  guard(server: Server, event: 'connection' | 'secureConnection'): void {
    const takers = server.listeners(event).filter(isListener);
    server.removeAllListeners(event);
    server.on(event, (socket: Duplex) => this.#take(server, socket, takers));
  }

  /** Forgets a connection that carries no more requests, so that its parser can be collected. */
  forget(socket: Duplex): void {
    this.#taken.delete(socket);
  }

  /**
   * Tries to serve a request that the parser refused with this error; returns whether it is served.
   */
  rescue(server: Server, socket: Duplex, error: Error): boolean {
    const taken = this.#taken.get(socket);
    const packet = refusedPacket(error);
    const encoded = packet && encodeTarget(packet.bytes, packet.offset);
    if (taken === undefined || encoded === undefined || socket.destroyed) return false;
    for (const { event, listener } of taken.added) {
      socket.removeListener(event, listener);
      // Releases the old parser.
      if (event === 'close') Reflect.apply(listener, socket, []);
    }
    this.#take(server, socket, taken.takers);
    socket.unshift(encoded);
    return true;
  }

  /** Runs for each connection. The server appends its listeners to those present. */
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

/**
 * Returns the packet that the parser was reading and the offset of the byte that a target must not
 * contain.
 */
function refusedPacket(error: Error): { readonly bytes: Buffer; readonly offset: number } | undefined {
  if (!('code' in error) || error.code !== 'HPE_INVALID_URL') return undefined;
  if (!('rawPacket' in error) || !Buffer.isBuffer(error.rawPacket)) return undefined;
  if (!('bytesParsed' in error) || typeof error.bytesParsed !== 'number') return undefined;
  return { bytes: error.rawPacket, offset: error.bytesParsed };
}

/**
 * Returns the bytes from the refused request line on, with bytes above ASCII in that line
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
