/** Quantile of the standard normal distribution for a 95 % interval. */
const Z_95 = 1.96;

/**
 * The smallest value of each window of time: what is held while nothing is under way. Takes and
 * gives `{ at, value }`.
 */
export function windowMinima(samples, windowLength) {
  const minima = new Map();
  for (const sample of samples) {
    const window = Math.floor(sample.at / windowLength);
    const least = minima.get(window);
    if (least === undefined || sample.value < least.value) minima.set(window, sample);
  }
  return [...minima.values()];
}

/**
 * The median of the slopes between all pairs of samples (Theil and Sen), with an interval that
 * holds the true slope 95 times in 100, after Kendall's statistic; outliers and the distribution of
 * the noise do not matter. Undefined for fewer than 5 samples.
 */
export function estimateSlope(samples) {
  const count = samples.length;
  if (count < 5) return undefined;
  const slopes = [];
  for (let later = 1; later < count; later += 1) {
    for (let earlier = 0; earlier < later; earlier += 1) {
      const [from, to] = [samples[earlier], samples[later]];
      slopes.push((to.value - from.value) / (to.at - from.at));
    }
  }
  slopes.sort((one, other) => one - other);
  const spread = Z_95 * Math.sqrt((count * (count - 1) * (2 * count + 5)) / 18);
  const at = (rank) => slopes[Math.min(slopes.length - 1, Math.max(0, rank))];
  return {
    slope: (at(Math.floor((slopes.length - 1) / 2)) + at(Math.ceil((slopes.length - 1) / 2))) / 2,
    low: at(Math.floor((slopes.length - spread) / 2) - 1),
    high: at(Math.ceil((slopes.length + spread) / 2)),
  };
}
