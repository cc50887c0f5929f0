/**
 * The largest of any number of values; above about 100,000, a spread into `Math.max` would fail.
 */
export function largest(values: Iterable<number>): number {
  let most = Number.NEGATIVE_INFINITY;
  for (const value of values) most = Math.max(most, value);
  return most;
}
