import { BlockList, isIP } from 'node:net';
import { Memo } from '../../core/memo.js';
import { parseCidr } from './origin-list.js';

/**
 * Peers that come again are not looked up again: a look-up costs as much as the rest of a small
 * request. Measured by bench/fan-out.
 */
const REMEMBERED_ADDRESSES = 1024;

/**
 * The networks whose peers may use the internal API. IPv4-mapped IPv6 addresses count as the IPv4
 * address they carry.
 */
export class Whitelist {
  readonly #networks = new BlockList();
  readonly #verdicts = new Memo(REMEMBERED_ADDRESSES, (address) => this.#contains(address));

  /** Takes CIDRs that the configuration has checked; a text that is none admits nobody. */
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
