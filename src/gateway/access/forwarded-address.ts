import { networkInterfaces } from 'node:os';
import type { Clock } from '../../core/clock.js';
import { canonicalAddress, IMPOSSIBLE_ADDRESS } from '../transport/http/remote-address.js';
import type { LimitedLog } from '../../core/limited-log.js';
import { Whitelist } from './whitelist.js';

export interface ForwardedAddressOptions {
  /** Networks of the proxies, as validated CIDRs. */
  readonly trustedProxies: readonly string[];
  /** Networks of those proxies that also send requests of their own. */
  readonly asClients: readonly string[];
  readonly clock: Clock;
  readonly log: LimitedLog;
}

const LOOPBACK = ['127.0.0.0/8', '::1/128'];
/**
 * Addresses that are valid only on one machine or link. `::/96` contains `::`, `::1` and deprecated
 * IPv4-compatible addresses.
 */
const NEVER_FORWARDED = [...LOOPBACK, '0.0.0.0/8', '169.254.0.0/16', '::/96', 'fe80::/10'];
const LONGEST_LOGGED = 64;
/**
 * Cache time of this machine's addresses, which change and cost more to read than a request takes.
 */
const ASK_AGAIN_MS = 10_000;

/**
 * Finds the client behind trusted proxies. Headers from other peers are ignored. If a proxy names
 * no client, or an invalid one, the client is unknown ('', which no whitelist contains). A client
 * never has an address of this machine or of a link, even if a trusted proxy names one.
 */
export class ForwardedAddress {
  readonly #trusted: Whitelist;
  readonly #asClients: Whitelist;
  readonly #loopback = new Whitelist(LOOPBACK);
  readonly #neverForwarded = new Whitelist(NEVER_FORWARDED);
  readonly #own: OwnAddresses;
  readonly #log: LimitedLog;

  constructor({ trustedProxies, asClients, clock, log }: ForwardedAddressOptions) {
    this.#trusted = new Whitelist(trustedProxies);
    this.#asClients = new Whitelist(asClients);
    this.#own = new OwnAddresses(clock);
    this.#log = log;
  }

  /** Whether the peer is one of the proxies. */
  readonly isProxy = (peer: string): boolean => this.#trusted.allows(peer);

  /**
   * Whether the address stands only for a proxy's clients, so that it must not be trusted for its
   * own address.
   */
  readonly isOnlyProxy = (address: string): boolean =>
    this.#trusted.allows(address) && !this.#asClients.allows(address);

  /**
   * Returns the rightmost hop of `X-Forwarded-For` that is not a trusted proxy, or the first hop if
   * all are.
   */
  readonly clientOf = (peer: string, headers: ReadonlyMap<string, string>, via?: string): string => {
    if (via !== undefined && !this.#isNextProxy(peer, via)) return this.#client(peer, via);
    if (!this.#trusted.allows(peer)) return peer;
    const hops = headers.get('x-forwarded-for')?.split(',');
    return hops === undefined ? this.#withoutHops(peer, headers, via) : this.#behindHops(peer, hops);
  };

  #behindHops(peer: string, hops: readonly string[]): string {
    let reporter = peer;
    let client = peer;
    for (let place = hops.length - 1; place >= 0; place -= 1) {
      client = hopAddress(hops[place]?.trim() ?? '');
      if (place === 0 || !this.#isNextProxy(client, reporter)) break;
      reporter = client;
    }
    return this.#client(client, reporter);
  }

  /**
   * Returns the client when there is no header. Usually the header was lost on the way, so the
   * proxy counts as the client only if that is configured.
   */
  #withoutHops(peer: string, headers: ReadonlyMap<string, string>, via: string | undefined): string {
    const isItself = this.#asClients.allows(peer) && !headers.has('forwarded');
    if (!isItself) return '';
    return via === undefined ? peer : this.#client(peer, via);
  }

  /**
   * Whether the address is a further trusted proxy. A loopback address named by another machine is
   * not a proxy on this one.
   */
  #isNextProxy(address: string, reporter: string): boolean {
    if (!this.#trusted.allows(address)) return false;
    return !this.#isLocal(address) || this.#isLocal(reporter);
  }

  #client(address: string, reporter: string): string {
    if (!this.#isLocal(address)) return address;
    // A proxy on this machine may have clients on it, but also clients from a tunnel that ends
    // here.
    if (this.#loopback.allows(reporter)) return '';
    const named = address.slice(0, LONGEST_LOGGED);
    this.#log.warn('forwarded-address.refused', { proxy: reporter, named });
    return IMPOSSIBLE_ADDRESS;
  }

  #isLocal(address: string): boolean {
    return this.#neverForwarded.allows(address) || this.#own.has(address);
  }
}

/** Parses a hop; some proxies write `ip:port` or `[ip]:port`. '' if it is not an address. */
function hopAddress(hop: string): string {
  const match = /^(?:\[(?<bracketed>[^\]]+)\](?::\d+)?|(?<v4>[\d.]+):\d+)$/.exec(hop);
  return canonicalAddress(match?.groups?.['bracketed'] ?? match?.groups?.['v4'] ?? hop);
}

/** The addresses of this machine's network interfaces, at most 10 s old. */
class OwnAddresses {
  readonly #clock: Clock;
  #known: ReadonlySet<string> = new Set();
  #askedAtMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  has(address: string): boolean {
    const now = this.#clock.now();
    if (now - this.#askedAtMs >= ASK_AGAIN_MS) {
      this.#askedAtMs = now;
      this.#known = readAddresses();
    }
    return this.#known.has(address);
  }
}

function readAddresses(): Set<string> {
  const interfaces = Object.values(networkInterfaces());
  return new Set(interfaces.flatMap((addresses) => addresses ?? []).map(({ address }) => canonicalAddress(address)));
}
