import { canonicalAddress } from '../transport/remote-address.js';
import { Whitelist } from './whitelist.js';

/**
 * Finds the client behind proxies that are trusted. A header widens nothing: of other peers it is not read, and one that
 * a trusted proxy passes on but nobody can make sense of leaves the client unknown ('', which no whitelist holds).
 */
export class ForwardedAddress {
  readonly #trusted: Whitelist;

  /** Takes CIDRs that the configuration has checked. */
  constructor(trustedProxies: readonly string[]) {
    this.#trusted = new Whitelist(trustedProxies);
  }

  /** Whether the peer is one of the proxies. */
  readonly isProxy = (peer: string): boolean => this.#trusted.allows(peer);

  /** The rightmost hop of `X-Forwarded-For` that is no proxy of ours, or the first hop when all are. */
  readonly clientOf = (peer: string, headers: ReadonlyMap<string, string>): string => {
    if (!this.#trusted.allows(peer)) return peer;
    const hops = headers.get('x-forwarded-for')?.split(',');
    // `Forwarded` is not read: a request that has nothing else was made for somebody whom we do not know.
    if (hops === undefined) return headers.has('forwarded') ? '' : peer;
    let client = peer;
    for (const hop of hops.toReversed()) {
      client = hopAddress(hop.trim());
      if (!this.#trusted.allows(client)) break;
    }
    return client;
  };
}

/** Some proxies write `ip:port` or `[ip]:port`; '' when it is no address. */
function hopAddress(hop: string): string {
  const match = /^(?:\[(?<bracketed>[^\]]+)\](?::\d+)?|(?<v4>[\d.]+):\d+)$/.exec(hop);
  return canonicalAddress(match?.groups?.['bracketed'] ?? match?.groups?.['v4'] ?? hop);
}
