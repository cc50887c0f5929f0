import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger } from '../../core/logger.js';
import { parseProxyHeader, type ProxySource } from './proxy-header.js';
import { plainAddress } from './remote-address.js';
import type { SendsProxyHeader } from './transport.js';

/** How long a proxy may take to send its header. */
const HEADER_TIMEOUT_MS = 5_000;

/** Who is at the other end, as far as can be known; port 0 when it cannot. */
export interface PeerAddress {
  readonly address: string;
  readonly port: number;
  /** The proxy whose header says so; undefined where the peer is known from its connection. */
  readonly via?: string;
}

export interface ProxyProtocolOptions {
  /** Undefined: nobody does. */
  readonly sendsHeader: SendsProxyHeader | undefined;
  readonly log: Logger;
  readonly timeoutMs?: number;
}

/** What of a TCP or TLS socket names its connection; of both the same. */
export interface Ends {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  readonly localAddress?: string | undefined;
}

/**
 * Takes the PROXY header off connections of trusted peers, before the HTTP server or TLS sees them, and remembers which client it named for as
 * long as the connection lasts. Whose header cannot be read is cut. Connections of other peers are passed on untouched: a header of
 * theirs is no HTTP.
 */
export class ProxyProtocol {
  readonly #options: ProxyProtocolOptions;
  /** By both ends of the TCP connection: TLS hides its socket. */
  readonly #named = new Map<string, PeerAddress>();

  constructor(options: ProxyProtocolOptions) {
    this.#options = options;
  }

  /** How many connections are remembered. */
  get size(): number {
    return this.#named.size;
  }

  /** Puts itself before what the server does with a new connection. */
  guard(server: Server): void {
    const { sendsHeader } = this.#options;
    if (sendsHeader === undefined) return;
    const takers = server.listeners('connection');
    server.removeAllListeners('connection');
    server.on('connection', (socket: Socket) => {
      const pass = (): void => {
        for (const take of takers) take.call(server, socket);
      };
      if (sendsHeader(plainAddress(socket.remoteAddress))) this.#read(socket, pass);
      else pass();
    });
  }

  /** The client that the header named, else the peer itself. */
  peerOf(ends: Ends): PeerAddress {
    const named = this.#named.size === 0 ? undefined : this.#named.get(keyOf(ends));
    return named ?? { address: plainAddress(ends.remoteAddress), port: ends.remotePort ?? 0 };
  }

  #read(socket: Socket, pass: () => void): void {
    const cut = (problem: string): void => {
      this.#options.log.warn('proxy-protocol.refused', { peer: plainAddress(socket.remoteAddress), problem });
      socket.destroy();
    };
    const ignoreError = (): void => undefined;
    const timer = setTimeout(() => cut('no header came in time'), this.#options.timeoutMs ?? HEADER_TIMEOUT_MS);
    socket.on('error', ignoreError);
    socket.once('close', () => clearTimeout(timer));
    let bytes = Buffer.alloc(0);
    const onReadable = (): void => {
      const chunk: Buffer | null = socket.read();
      if (chunk === null) return;
      bytes = Buffer.concat([bytes, chunk]);
      const header = parseProxyHeader(bytes);
      if (header.kind === 'incomplete') return;
      socket.off('readable', onReadable);
      clearTimeout(timer);
      if (header.kind === 'invalid') return cut(header.problem);
      socket.off('error', ignoreError);
      this.#remember(socket, header.source);
      if (bytes.length > header.bytes) socket.unshift(bytes.subarray(header.bytes));
      pass();
    };
    socket.on('readable', onReadable);
  }

  #remember(socket: Socket, source: ProxySource): void {
    if (source === 'proxy') return;
    const key = keyOf(socket);
    const via = plainAddress(socket.remoteAddress);
    this.#named.set(key, source === 'unknown' ? { address: '', port: 0, via } : { ...source, via });
    socket.once('close', () => this.#named.delete(key));
  }
}

function keyOf({ remoteAddress, remotePort, localAddress }: Ends): string {
  return `${remoteAddress} ${remotePort} ${localAddress}`;
}
