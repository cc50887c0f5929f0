import { networkOf } from './connection-limits.js';

/** Number of pending upgrades that every address may have while there is room. */
const ALWAYS_ALLOWED = 2;

/** The limit that one more upgrade would exceed. */
export type PendingBound = 'max_pending_upgrades' | 'max_pending_upgrades_per_address';

/**
 * Limits upgrades that are being authenticated, in total and per address. One address may hold at
 * most as many as are still free, so that a single address takes at most half and the next one
 * finds room (dynamic thresholds, Choudhury and Hahne).
 */
export class PendingUpgrades {
  readonly #max: number;
  readonly #byNetwork = new Map<string, number>();
  #all = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /**
   * Returns the limit that one more upgrade from this address exceeds; undefined if it may begin.
   */
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

  /** Call it once for each upgrade that began, with the same address. */
  ended(address: string): void {
    const network = networkOf(address);
    this.#all -= 1;
    const left = (this.#byNetwork.get(network) ?? 0) - 1;
    if (left > 0) this.#byNetwork.set(network, left);
    else this.#byNetwork.delete(network);
  }
}
