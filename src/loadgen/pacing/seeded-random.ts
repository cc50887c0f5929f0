/**
 * When the tick after `nowMs` of an interval that began at `startMs` is due. Ticks that were missed
 * are left out: they do not pile up, and the beat stays that of the start.
 */
export function nextTickMs(startMs: number, intervalMs: number, nowMs: number): number {
  const passed = Math.max(0, Math.floor((nowMs - startMs) / intervalMs));
  return startMs + (passed + 1) * intervalMs;
}

/**
 * A stream of random numbers that its seed decides (mulberry32): good enough to spread load, never
 * for secrets.
 */
export class SeededRandom {
  #state: number;

  /** Streams of one seed differ by their number, so each virtual user has its own. */
  constructor(seed: number, stream: number) {
    this.#state = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(stream + 1, 0x85ebca6b)) >>> 0;
  }

  /** A whole number from `least` to `most`, both included. */
  integer(least: number, most: number): number {
    return least + Math.floor(this.fraction() * (most - least + 1));
  }

  /** From 0 up to, never reaching, 1. */
  fraction(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }
}
