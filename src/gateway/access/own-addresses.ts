import { networkInterfaces } from 'node:os';
import type { Clock } from '../../core/clock.js';
import { canonicalAddress } from '../transport/remote-address.js';

/** Addresses of a machine come and go; asking for them costs more than a request. */
const ASK_AGAIN_MS = 10_000;

/** The addresses of this machine's network interfaces, at most 10 s old. */
export class OwnAddresses {
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
