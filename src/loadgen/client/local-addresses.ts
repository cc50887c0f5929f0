import { BlockList, isIP } from 'node:net';

/** Maximum number of source addresses in a list. */
export const MAX_ADDRESSES = 65_536;
const IPV4_BITS = 32;

/**
 * Parses k6's `localIPs` (k6 docs, "local IPs"): addresses, ranges `a-b` and CIDRs, separated by
 * commas; for IPv6 only single addresses. Returns a sentence if the list is invalid.
 */
export function parseLocalAddresses(text: string): readonly string[] | { readonly problem: string } {
  const addresses: string[] = [];
  for (const part of text.split(',').map((item) => item.trim())) {
    const range = rangeOf(part);
    if (range === undefined)
      return { problem: `'${part}' must be an address, a range such as 127.0.0.2-127.0.0.9, or a CIDR block` };
    if ('address' in range) addresses.push(range.address);
    else {
      if (range.last - range.first + addresses.length >= MAX_ADDRESSES) {
        return { problem: `'${part}' has more than ${MAX_ADDRESSES} addresses` };
      }
      for (let number = range.first; number <= range.last; number += 1) addresses.push(textOf(number));
    }
  }
  return addresses;
}

type Range = { readonly address: string } | { readonly first: number; readonly last: number };

function rangeOf(part: string): Range | undefined {
  if (isIP(part) !== 0) return { address: part };
  const { from, to, prefix } = /^(?<from>[\d.]+)(?:-(?<to>[\d.]+)|\/(?<prefix>\d{1,2}))$/.exec(part)?.groups ?? {};
  if (from === undefined || isIP(from) !== 4) return undefined;
  if (to !== undefined) {
    const range = { first: numberOf(from), last: numberOf(to) };
    return isIP(to) === 4 && range.first <= range.last ? range : undefined;
  }
  const bits = Number(prefix);
  if (bits > IPV4_BITS) return undefined;
  const size = 2 ** (IPV4_BITS - bits);
  const first = Math.floor(numberOf(from) / size) * size;
  return { first, last: first + size - 1 };
}

function numberOf(address: string): number {
  return address.split('.').reduce((number, part) => number * 256 + Number(part), 0);
}

function textOf(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');
}

/** Whether an address belongs to one of the networks (k6's `blacklistIPs`). */
export class AddressBlock {
  readonly #list = new BlockList();

  constructor(readonly networks: readonly string[]) {
    for (const network of networks) {
      const [address = '', prefix] = network.split('/');
      const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
      if (prefix === undefined) this.#list.addAddress(address, family);
      else this.#list.addSubnet(address, Number(prefix), family);
    }
  }

  has(address: string): boolean {
    const version = isIP(address);
    return version !== 0 && this.#list.check(address, version === 6 ? 'ipv6' : 'ipv4');
  }
}

/** Whether a text is an address or a CIDR. */
export function isNetwork(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128));
}
