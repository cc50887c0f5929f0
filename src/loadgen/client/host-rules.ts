import { AddressBlock } from './local-addresses.js';
import type { RuntimeOptions } from './read-network.js';
import type { DialOptions } from './dial-target.js';

/**
 * Applies k6's options `hosts`, `blockHostnames` and `blacklistIPs` to a URL: returns another
 * address, or none. Throws if the URL is blocked; for host names the addresses are checked after
 * the DNS lookup.
 */
export function hostOverride(url: URL, runtime: RuntimeOptions): Pick<DialOptions, 'address'> {
  const override = overrideOf(url, runtime);
  const address = (override.address?.host ?? url.hostname).replace(/^\[|\]$/g, '');
  const { blockedNetworks } = runtime;
  if (blockedNetworks.length > 0 && new AddressBlock(blockedNetworks).has(address)) {
    throw new Error(`IP (${address}) is in a blacklisted range (${blockedNetworks.join(', ')})`);
  }
  return override;
}

function overrideOf(url: URL, { hosts, blockHostnames }: RuntimeOptions): Pick<DialOptions, 'address'> {
  const name = url.hostname.toLowerCase();
  const blocked = blockHostnames.find((pattern) => matches(name, pattern.toLowerCase()));
  if (blocked !== undefined) throw new Error(`hostname (${name}) is in a blocked pattern (${blocked})`);
  const key = Object.keys(hosts).find((candidate) => candidate === url.host || matches(name, candidate.toLowerCase()));
  const value = key === undefined ? undefined : hosts[key];
  if (value === undefined) return {};
  const { host, port } = /^\[?(?<host>[^[\]]*?)\]?(?::(?<port>\d+))?$/.exec(value)?.groups ?? {};
  return { address: { host: host ?? value, ...(port !== undefined && { port: Number(port) }) } };
}

/** Returns the source address of a virtual user's connections; undefined lets the system choose. */
export function localAddressOf(vu: number, { localAddresses }: RuntimeOptions): string | undefined {
  return localAddresses[(Math.max(1, vu) - 1) % localAddresses.length];
}

/** Matches k6's patterns: a name, or `*.` and a name. */
function matches(name: string, pattern: string): boolean {
  return pattern.startsWith('*') ? name.endsWith(pattern.slice(1)) : name === pattern;
}
