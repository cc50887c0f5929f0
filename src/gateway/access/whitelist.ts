import { BlockList, isIP } from 'node:net';
import { Memo } from '../../core/memo.js';
import { parseCidr } from './origin-list.js';

/**
 * Number of cached addresses. A lookup costs as much as the rest of a small request. Measured by
 * bench/fan-out.
 */
const REMEMBERED_ADDRESSES = 1024;

/** A list of networks. IPv4-mapped IPv6 addresses count as their IPv4 address. */
export class Whitelist {
  readonly #networks = new BlockList();
  readonly #verdicts = new Memo(REMEMBERED_ADDRESSES, (address) => this.#contains(address));

  /** Takes validated CIDRs; an invalid one matches nothing. */
  constructor(cidrs: readonly string[]) {
    for (const text of cidrs) {
      const cidr = parseCidr(text);
      if (cidr !== undefined) this.#networks.addSubnet(cidr.address, cidr.prefix, cidr.family);
    }
  }

  allows(address: string): boolean {
    return this.#verdicts.get(address);
  }

  #contains(address: string): boolean {
    const plain = address.replace(/%.*$/, '');
    const version = isIP(plain);
    return version !== 0 && this.#networks.check(plain, version === 4 ? 'ipv4' : 'ipv6');
  }
}
