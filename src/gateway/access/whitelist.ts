import { BlockList, isIP } from 'node:net';
import { parseCidr } from './cidr.js';

/** The networks whose peers may use the internal API. IPv4-mapped IPv6 addresses count as the IPv4 address they carry. */
export class Whitelist {
  readonly #networks = new BlockList();

  /** Takes CIDRs that the configuration has checked; a text that is none admits nobody. */
  constructor(cidrs: readonly string[]) {
    for (const text of cidrs) {
      const cidr = parseCidr(text);
      if (cidr !== undefined) this.#networks.addSubnet(cidr.address, cidr.prefix, cidr.family);
    }
  }

  allows(address: string): boolean {
    const plain = address.replace(/%.*$/, '');
    const version = isIP(plain);
    return version !== 0 && this.#networks.check(plain, version === 4 ? 'ipv4' : 'ipv6');
  }
}
