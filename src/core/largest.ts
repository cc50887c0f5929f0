/**
 * The largest of the values, of which there may be any number: more than about 100,000 are too many
 * for a spread into `Math.max`.
 */
export function largest(values: Iterable<number>): number {
  let most = Number.NEGATIVE_INFINITY;
  for (const value of values) most = Math.max(most, value);
  return most;
}
