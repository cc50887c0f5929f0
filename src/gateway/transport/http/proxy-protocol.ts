import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger } from '../../../core/logger.js';
import type { SendsProxyHeader } from '../transport.js';
import { addressFromBytes, canonicalAddress, plainAddress } from './remote-address.js';

/**
 * The source that a header names: a client, an unknown one, or the proxy itself (a health check).
 */
export type ProxySource = { readonly address: string; readonly port: number } | 'unknown' | 'proxy';

/** The result of parsing the first bytes of a connection. */
export type ProxyHeader =
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'invalid'; readonly problem: string }
  | { readonly kind: 'complete'; readonly bytes: number; readonly source: ProxySource };

const V1_START = Buffer.from('PROXY ', 'latin1');
/** Including CRLF, by the specification. */
const V1_MAX_BYTES = 107;
const V2_START = Buffer.from([0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]);
const V2_HEAD_BYTES = 16;
/** Addresses take at most 216 bytes; the rest is extensions, which are ignored. */
export const MAX_PROXY_HEADER_BYTES = 4096;
const INCOMPLETE: ProxyHeader = { kind: 'incomplete' };
const V1_LINE = /^PROXY (?:(UNKNOWN)(?: .*)?|(TCP4|TCP6) (\S+) (\S+) (\d{1,5}) (\d{1,5}))$/;
const MAX_PORT = 65_535;

/**
 * Parses a PROXY protocol header, version 1 or 2, from the first bytes of a connection. Never
 * throws; malformed input is `invalid`.
 */
export function parseProxyHeader(bytes: Buffer): ProxyHeader {
  if (startsLike(bytes, V2_START)) return bytes.length < V2_HEAD_BYTES ? INCOMPLETE : parseV2(bytes);
  if (startsLike(bytes, V1_START)) return parseV1(bytes);
  return invalid('the connection does not begin with a PROXY header');
}

/** Compares up to the shorter length. */
function startsLike(bytes: Buffer, start: Buffer): boolean {
  const length = Math.min(bytes.length, start.length);
  return bytes.subarray(0, length).equals(start.subarray(0, length));
}

function parseV1(bytes: Buffer): ProxyHeader {
  const end = bytes.subarray(0, V1_MAX_BYTES).indexOf('\r\n');
  if (end < 0) return bytes.length < V1_MAX_BYTES ? INCOMPLETE : invalid('the line of version 1 is too long');
  const match = V1_LINE.exec(bytes.toString('latin1', 0, end));
  if (match === null) return invalid('the line of version 1 is malformed');
  const [, unknown, family, source = '', destination = ''] = match;
  if (unknown !== undefined) return { kind: 'complete', bytes: end + 2, source: 'unknown' };
  const port = Number(match[5]);
  const fits = [source, destination].every((address) => isOfFamily(address, family));
  if (!fits || port > MAX_PORT || Number(match[6]) > MAX_PORT) return invalid('version 1 names no valid address');
  return { kind: 'complete', bytes: end + 2, source: { address: canonicalAddress(source), port } };
}

function isOfFamily(address: string, family: string | undefined): boolean {
  return canonicalAddress(address) !== '' && address.includes(':') === (family === 'TCP6');
}

function parseV2(bytes: Buffer): ProxyHeader {
  const versionAndCommand = bytes.readUInt8(12);
  const total = V2_HEAD_BYTES + bytes.readUInt16BE(14);
  if (versionAndCommand >> 4 !== 2) return invalid('the version is neither 1 nor 2');
  if (total > MAX_PROXY_HEADER_BYTES) return invalid(`version 2 has more than ${MAX_PROXY_HEADER_BYTES} bytes`);
  if (bytes.length < total) return INCOMPLETE;
  const command = versionAndCommand & 0x0f;
  if (command > 1) return invalid('the command of version 2 is unknown');
  const source = command === 0 ? 'proxy' : sourceOfV2(bytes.subarray(V2_HEAD_BYTES, total), bytes.readUInt8(13));
  return source === undefined
    ? invalid('version 2 is too short for its addresses')
    : { kind: 'complete', bytes: total, source };
}

/** Undefined when the addresses do not fit. */
function sourceOfV2(addresses: Buffer, familyAndProtocol: number): ProxySource | undefined {
  const size = addressBytes(familyAndProtocol >> 4);
  if (size === undefined) return 'unknown';
  if (addresses.length < size * 2 + 4) return undefined;
  return { address: addressFromBytes(addresses.subarray(0, size)), port: addresses.readUInt16BE(size * 2) };
}

/** Undefined for UNSPEC, UNIX and undefined families, which name no IP address. */
function addressBytes(family: number): number | undefined {
  if (family === 1) return 4;
  return family === 2 ? 16 : undefined;
}

function invalid(problem: string): ProxyHeader {
  return { kind: 'invalid', problem };
}

/** Time for a proxy to send its header. */
const HEADER_TIMEOUT_MS = 5_000;

/** The other end of a connection, as far as it is known; port 0 if unknown. */
export interface PeerAddress {
  readonly address: string;
  readonly port: number;
  /** The proxy whose header named the peer; undefined for a direct connection. */
  readonly via?: string;
}

export interface ProxyProtocolOptions {
  /** Undefined: no peer does. */
  readonly sendsHeader: SendsProxyHeader | undefined;
  readonly log: Logger;
  readonly timeoutMs?: number;
}

/**
 * The properties that identify a connection; a TCP socket and the TLS socket on it have the same
 * ones.
 */
export interface Ends {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  readonly localAddress?: string | undefined;
}

/**
 * Removes the PROXY header from connections of trusted peers before the HTTP server or TLS sees
 * them, and remembers the client it named until the connection closes. A connection with an invalid
 * header is cut. Connections of other peers pass unchanged: a header from them fails as malformed
 * HTTP.
 */
export class ProxyProtocol {
  readonly #options: ProxyProtocolOptions;
  /** Named clients by both ends of the TCP connection, because TLS hides its socket. */
  readonly #named = new Map<string, PeerAddress>();

  constructor(options: ProxyProtocolOptions) {
    this.#options = options;
  }

  /** Number of connections that are remembered. */
  get size(): number {
    return this.#named.size;
  }

  /** Installs itself before the server's own handling of new connections. */
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

  /** Returns the client that the header named, else the peer itself. */
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
    const timer = setTimeout(() => cut('no header arrived in time'), this.#options.timeoutMs ?? HEADER_TIMEOUT_MS);
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
