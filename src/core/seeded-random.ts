import { createHash } from 'node:crypto';

/**
 * Random numbers that are determined by their seed (xoshiro128**, Blackman and Vigna 2018): the
 * same files give the same verdict, the same plan the same load. Not for secrets.
 */
export class SeededRandom {
  readonly #state: Uint32Array;

  /** Streams of one seed differ by their number, so each virtual user has its own. */
  constructor(seed: number, stream = 0) {
    // SplitMix32 spreads the seed over the state.
    let mixed = (seed ^ Math.imul(stream, 0x85ebca6b)) >>> 0;
    this.#state = Uint32Array.from({ length: 4 }, () => {
      mixed = (mixed + 0x9e3779b9) >>> 0;
      let part = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
      part = Math.imul(part ^ (part >>> 15), 0x735a2d97);
      return (part ^ (part >>> 15)) >>> 0;
    });
  }

  /** An integer >= 0 and < `limit`. */
  below(limit: number): number {
    return Math.floor((this.#next() / 2 ** 32) * limit);
  }

  /** An integer from `least` to `most`, both included. */
  integer(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  /** A number >= 0 and < 1. */
  fraction(): number {
    return this.#next() / 2 ** 32;
  }

  #next(): number {
    const s = this.#state;
    // Elements are read one by one: destructuring a typed array goes through its iterator, which
    // would be most of the cost of a draw.
    const a = s[0] ?? 0;
    const b = s[1] ?? 0;
    const c = s[2] ?? 0;
    const d = s[3] ?? 0;
    const product = Math.imul(b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const third = c ^ a;
    const fourth = d ^ b;
    s[1] = b ^ third;
    s[0] = a ^ fourth;
    s[2] = third ^ (b << 9);
    s[3] = (fourth << 11) | (fourth >>> 21);
    return result;
  }
}

/** Derives a seed from texts, by SHA-256. */
export function seedOf(texts: readonly string[]): number {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(text).update('\0');
  return hash.digest().readUInt32LE(0);
}
