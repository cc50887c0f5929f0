import { networkOf } from './connection-limits.js';

/** An address may have that many pending whatever others have, as long as there is room. */
const ALWAYS_ALLOWED = 2;

/** Which bound one more would break. */
export type PendingBound = 'max_pending_upgrades' | 'max_pending_upgrades_per_address';

/**
 * Upgrades whose authentication is under way, bounded in all and shared out by address: one address
 * may hold as many as are still free for the others, so that it takes half when it is alone and the
 * next one finds room (dynamic thresholds of Choudhury and Hahne).
 */
export class PendingUpgrades {
  readonly #max: number;
  readonly #byNetwork = new Map<string, number>();
  #all = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** Undefined when one more of this address may begin. */
  reached(address: string): PendingBound | undefined {
    const free = this.#max - this.#all;
    if (free <= 0) return 'max_pending_upgrades';
    const held = this.#byNetwork.get(networkOf(address)) ?? 0;
    return held < Math.max(ALWAYS_ALLOWED, free) ? undefined : 'max_pending_upgrades_per_address';
  }

  began(address: string): void {
    const network = networkOf(address);
    this.#all += 1;
    this.#byNetwork.set(network, (this.#byNetwork.get(network) ?? 0) + 1);
  }

  /** To be called once for each that began, with the same address. */
  ended(address: string): void {
    const network = networkOf(address);
    this.#all -= 1;
    const left = (this.#byNetwork.get(network) ?? 0) - 1;
    if (left > 0) this.#byNetwork.set(network, left);
    else this.#byNetwork.delete(network);
  }
}
