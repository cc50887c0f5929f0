import { SeededRandom } from '../../dist/core/seeded-random.js';

/** A seeded source of numbers in [0, 1): the same seed gives the same sequence of kills. */
export function seededRandom(seed) {
  const random = new SeededRandom(seed);
  return () => random.fraction();
}

/** A number between two others. */
export function between(random, low, high) {
  return low + random() * (high - low);
}
