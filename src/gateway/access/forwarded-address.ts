import { networkInterfaces } from 'node:os';
import type { Clock } from '../../core/clock.js';
import { canonicalAddress, IMPOSSIBLE_ADDRESS } from '../transport/http/remote-address.js';
import type { LimitedLog } from '../../core/limited-log.js';
import { Whitelist } from './whitelist.js';

export interface ForwardedAddressOptions {
  /** Networks of the proxies, as CIDRs that the configuration has checked. */
  readonly trustedProxies: readonly string[];
  /** Networks of those among them that also ask for themselves. */
  readonly asClients: readonly string[];
  readonly clock: Clock;
  readonly log: LimitedLog;
}

const LOOPBACK = ['127.0.0.0/8', '::1/128'];
/**
 * Addresses that mean something on the machine or the link that uses them, and nothing on ours.
 * `::/96` holds `::`, `::1` and old spellings of IPv4.
 */
const NEVER_FORWARDED = [...LOOPBACK, '0.0.0.0/8', '169.254.0.0/16', '::/96', 'fe80::/10'];
const LONGEST_LOGGED = 64;
/** Addresses of a machine come and go; asking for them costs more than a request. */
const ASK_AGAIN_MS = 10_000;

/**
 * Finds the client behind proxies that are trusted. A header widens nothing: of other peers it is
 * not read. Where a proxy says nothing, or what cannot be read, the client is unknown ('', which no
 * whitelist holds). A client is never at an address of this machine or of a link, even when a
 * trusted proxy says so.
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
   * Whether it stands for a proxy's clients only: then nothing may be allowed to it for its own
   * address.
   */
  readonly isOnlyProxy = (address: string): boolean =>
    this.#trusted.allows(address) && !this.#asClients.allows(address);

  /**
   * The rightmost hop of `X-Forwarded-For` that is not a trusted proxy, or the first hop when all
   * are.
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
   * A proxy that does not name its client has mostly lost the header on the way. It asks for itself
   * only where that was configured.
   */
  #withoutHops(peer: string, headers: ReadonlyMap<string, string>, via: string | undefined): string {
    const isItself = this.#asClients.allows(peer) && !headers.has('forwarded');
    if (!isItself) return '';
    return via === undefined ? peer : this.#client(peer, via);
  }

  /** A loopback address that another machine names is not the proxy on ours. */
  #isNextProxy(address: string, reporter: string): boolean {
    if (!this.#trusted.allows(address)) return false;
    return !this.#isLocal(address) || this.#isLocal(reporter);
  }

  #client(address: string, reporter: string): string {
    if (!this.#isLocal(address)) return address;
    // A proxy on this machine has clients on it, who tell the truth; but they could also come
    // through a tunnel that ends here.
    if (this.#loopback.allows(reporter)) return '';
    const named = address.slice(0, LONGEST_LOGGED);
    this.#log.warn('forwarded-address.refused', { proxy: reporter, named });
    return IMPOSSIBLE_ADDRESS;
  }

  #isLocal(address: string): boolean {
    return this.#neverForwarded.allows(address) || this.#own.has(address);
  }
}

/** Some proxies write `ip:port` or `[ip]:port`; '' when it is no address. */
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
