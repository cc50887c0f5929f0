import type { Clock } from '../../core/clock.js';
import { openFileLimit } from '../../core/open-files.js';
import { TokenBucket } from './token-bucket.js';

export interface ConnectionLimitsOptions {
  /** Maximum number of connections; 0: what the limit on open files allows. */
  readonly maxConnections: number;
  /** 0: none. */
  readonly maxConnectionsPerAddress: number;
  /** 0: none. */
  readonly handshakesPerSecond: number;
  readonly clock: Clock;
  /** Returns the number of open connections. */
  readonly open: () => number;
}

/** The limit that a new connection would exceed. */
export type ReachedLimit = 'max_connections' | 'max_connections_per_address' | 'handshakes_per_s';

const LEAST_RESERVED_FILES = 64;
const RESERVED_SHARE = 0.05;

/**
 * Returns the number of connections that a limit on open files allows, with 5 %, at least 64,
 * reserved for sinks, listeners and HTTP. Infinity without a limit.
 */
export function connectionsFor(openFiles: number): number {
  if (openFiles === 0 || openFiles === Number.MAX_SAFE_INTEGER) return Number.POSITIVE_INFINITY;
  return Math.max(1, Math.floor(openFiles - Math.max(LEAST_RESERVED_FILES, openFiles * RESERVED_SHARE)));
}

/** Returns the smallest limit on open files that allows this number of connections. */
export function filesFor(connections: number): number {
  return Math.max(connections + LEAST_RESERVED_FILES, Math.ceil(connections / (1 - RESERVED_SHARE)));
}

/**
 * Limits connections in total and per address, and the rate of handshakes. Without a limit nothing
 * is counted.
 */
export class ConnectionLimits {
  readonly maxConnections: number;
  readonly #options: ConnectionLimitsOptions;
  readonly #handshakes: TokenBucket | undefined;
  readonly #byAddress = new Map<string, number>();

  constructor(options: ConnectionLimitsOptions) {
    const { maxConnections, handshakesPerSecond, clock } = options;
    this.#options = options;
    this.maxConnections = maxConnections === 0 ? connectionsFor(openFileLimit()) : maxConnections;
    this.#handshakes = handshakesPerSecond === 0 ? undefined : new TokenBucket(handshakesPerSecond, clock.now());
  }

  /**
   * Returns the limit that one more connection from this address exceeds. An admitted handshake is
   * counted.
   */
  admit(address: string): ReachedLimit | undefined {
    const reached = this.reached(address);
    if (reached !== undefined) return reached;
    const isInTime = this.#handshakes?.take(1, this.#options.clock.now()) ?? true;
    return isInTime ? undefined : 'handshakes_per_s';
  }

  /** The same for a handshake that was already counted. */
  reached(address: string): ReachedLimit | undefined {
    const { open, maxConnectionsPerAddress } = this.#options;
    if (open() >= this.maxConnections) return 'max_connections';
    if (maxConnectionsPerAddress === 0) return undefined;
    const ofAddress = this.#byAddress.get(networkOf(address)) ?? 0;
    return ofAddress >= maxConnectionsPerAddress ? 'max_connections_per_address' : undefined;
  }

  /** Whether `opened` and `closed` must be called. */
  get countsAddresses(): boolean {
    return this.#options.maxConnectionsPerAddress > 0;
  }

  opened(address: string): void {
    const network = networkOf(address);
    this.#byAddress.set(network, (this.#byAddress.get(network) ?? 0) + 1);
  }

  closed(address: string): void {
    const network = networkOf(address);
    const left = (this.#byAddress.get(network) ?? 0) - 1;
    if (left > 0) this.#byAddress.set(network, left);
    else this.#byAddress.delete(network);
  }
}

/**
 * Returns the network that counts as one address. For IPv6 it is the /64 prefix, because a client
 * usually has a whole /64.
 */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::', 2);
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0');
  return [...before, ...zeros, ...after].slice(0, 4).join(':');
}
