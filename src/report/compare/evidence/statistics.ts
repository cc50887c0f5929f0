/** The mean; NaN without values. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The sample variance; 0 for fewer than two values. */
export function variance(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const middle = mean(values);
  return values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1);
}

/** Index of the median, or of the lower of two middle values. */
export function medianIndex(values: readonly number[]): number {
  const order = values.map((value, index) => [value, index] as const).toSorted(([a], [b]) => a - b);
  return order[Math.floor((order.length - 1) / 2)]?.[1] ?? 0;
}

/**
 * The Hodges-Lehmann estimate of how much larger `next` is than `base`: the median of all
 * differences (Hodges and Lehmann 1963).
 */
export function hodgesLehmann(base: readonly number[], next: readonly number[]): number {
  const differences = next.flatMap((late) => base.map((early) => late - early)).toSorted((a, b) => a - b);
  const middle = differences.length / 2;
  const [low = NaN, high = NaN] = [differences[Math.ceil(middle) - 1], differences[Math.floor(middle)]];
  return (low + high) / 2;
}

/** The lag-1 autocorrelation of a series; 0 if it cannot be estimated. */
export function autocorrelation(values: readonly number[]): number {
  if (values.length < 4) return 0;
  const middle = mean(values);
  let covariance = 0;
  let spread = 0;
  values.forEach((value, index) => {
    spread += (value - middle) ** 2;
    if (index > 0) covariance += (value - middle) * ((values[index - 1] ?? 0) - middle);
  });
  return spread === 0 ? 0 : covariance / spread;
}

/**
 * The probability that Student's t with these degrees of freedom is above `t` (regularised
 * incomplete beta by continued fraction, Numerical Recipes 6.4).
 */
export function studentTail(t: number, degrees: number): number {
  const tail = incompleteBeta(degrees / (degrees + t * t), degrees / 2, 0.5) / 2;
  return t >= 0 ? tail : 1 - tail;
}

/** The value that Student's t exceeds with this probability (below a half), by bisection. */
export function studentQuantile(probability: number, degrees: number): number {
  let low = 0;
  let high = 1;
  while (studentTail(high, degrees) > probability) high *= 2;
  for (let step = 0; step < 80; step += 1) {
    const middle = (low + high) / 2;
    if (studentTail(middle, degrees) > probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log(1 - x));
  return x < (a + 1) / (a + b + 2) ? (front * betaFraction(x, a, b)) / a : 1 - (front * betaFraction(1 - x, b, a)) / b;
}

/** Evaluates the continued fraction by Lentz's method. */
function betaFraction(x: number, a: number, b: number): number {
  const least = 1e-300;
  const safe = (value: number): number => (Math.abs(value) < least ? least : value);
  let c = 1;
  let d = 1 / safe(1 - ((a + b) * x) / (a + 1));
  let result = d;
  for (let m = 1; m <= 300; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / safe(1 + even * d);
    c = safe(1 + even / c);
    result *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / safe(1 + odd * d);
    c = safe(1 + odd / c);
    result *= d * c;
    if (Math.abs(d * c - 1) < 1e-14) break;
  }
  return result;
}

/** The logarithm of the gamma function, by the Lanczos approximation. */
function logGamma(x: number): number {
  const terms = [
    76.18009172947146, -86.5053203294168, 24.01409824083091, -1.231739572450155, 0.001208650973866179,
    -0.000005395239384953,
  ];
  const base = x + 5.5 - (x + 0.5) * Math.log(x + 5.5);
  const series = terms.reduce((sum, term, index) => sum + term / (x + 1 + index), 1.000000000190015);
  return -base + Math.log((2.5066282746310002 * series) / x);
}

/**
 * Hochberg's step-up adjusted p-values, in the order of the given ones (Hochberg 1988). As safe as
 * Holm's for positively dependent tests, as those of figures of the same runs are, and more
 * powerful: docs/reference/verdicts.md.
 */
export function hochberg(pValues: readonly number[]): readonly number[] {
  const order = pValues.map((p, index) => [p, index] as const).toSorted(([a], [b]) => b - a);
  const adjusted: number[] = Array.from({ length: pValues.length }, () => 1);
  let smallest = 1;
  order.forEach(([p, index], rank) => {
    smallest = Math.min(smallest, p * (rank + 1));
    adjusted[index] = smallest;
  });
  return adjusted;
}

/**
 * The value that a standard normal variable exceeds with this probability (below a half), by
 * bisection.
 */
export function normalQuantile(probability: number): number {
  let [low, high] = [0, 40];
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    if (normalBelow(-middle) > probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** The value below which a beta variable lies with this probability, by bisection. */
export function betaQuantile(probability: number, a: number, b: number): number {
  let low = 0;
  let high = 1;
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    if (incompleteBeta(middle, a, b) < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * The probability that a standard normal variable is below this: erfc by a rational Chebyshev fit,
 * relative error below 1.2e-7 (Numerical Recipes 6.2).
 */
export function normalBelow(value: number): number {
  const z = Math.abs(value) / Math.SQRT2;
  const t = 2 / (2 + z);
  const terms = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223,
    0.17087277,
  ];
  const tail = (t * Math.exp(-z * z + terms.reduceRight((sum, term) => sum * t + term, 0))) / 2;
  return value > 0 ? 1 - tail : tail;
}
