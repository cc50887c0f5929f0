// Runs whose truth is known: times of one metric, log-normal with a spread of their own in each second and each run.
import { Histogram } from '../../dist/core/histogram.js';
import { encodeHistogram } from '../../dist/core/histogram-codec.js';
import { QuantileGrid } from '../../dist/report/compare/quantile-grid.js';
import { SecondCounts } from '../../dist/report/compare/second-counts.js';

/** Those that the cells have gates on. */
const QUANTILES = [0.5, 0.95, 0.99];
const METRICS = [{ name: 'ws_rtt', type: 'trend', contains: 'time' }];

/** Random numbers that a seed decides (mulberry32). */
export class Draws {
  constructor(seed) {
    this.state = seed >>> 0;
  }

  fraction() {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = this.state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** Box and Muller's. */
  normal() {
    return Math.sqrt(-2 * Math.log(1 - this.fraction())) * Math.cos(2 * Math.PI * this.fraction());
  }
}

/**
 * What a run is like. `slower`: all times take so much longer (.3 is 30 %); `tailSlower`: those above p95 do; `spread`: between runs, as a
 * standard deviation of logarithms; `correlation`: lag 1 of the seconds, which differ by 5 %; `stalledSecond`: one without a sample, whose
 * work the next one has; `modes`: a fifth of the times is five times as long.
 */
export const USUAL = {
  seconds: 60,
  perSecond: 1000,
  slower: 0,
  tailSlower: 0,
  spread: 0,
  correlation: 0,
  stalledSecond: undefined,
  modes: 1,
};

const BETWEEN_SECONDS = 0.05;
const SIGMA = 0.5;
const P95 = 1.6449;

/** One second's times. */
function secondOf(draws, { perSecond, tailSlower, modes }, shift) {
  const histogram = new Histogram();
  for (let sample = 0; sample < perSecond; sample += 1) {
    const z = draws.normal();
    let log = Math.log(10) + SIGMA * z + shift;
    if (z > P95) log += Math.log1p(tailSlower);
    if (modes === 2 && draws.fraction() < 0.2) log += Math.log(5);
    histogram.record(Math.exp(log));
  }
  return histogram;
}

function drawSeconds(draws, wishes) {
  const { seconds, slower, spread, correlation, stalledSecond } = wishes;
  const offset = spread * draws.normal() + Math.log1p(slower);
  let drift = draws.normal();
  return Array.from({ length: seconds }, (_, second) => {
    drift = correlation * drift + Math.sqrt(1 - correlation ** 2) * draws.normal();
    if (second === stalledSecond) return new Histogram();
    return secondOf(draws, wishes, offset + BETWEEN_SECONDS * drift);
  });
}

function headerOf(draws, path, seconds) {
  return {
    format: '1.0',
    startedAt: path,
    scenario: 'echo',
    plan: {},
    planHash: String(draws.state),
    vus: 1,
    durationMs: seconds * 1000,
    description: [],
    seed: 1,
    warmupMs: 0,
    compression: false,
    tls: false,
    threads: 1,
    machine: { platform: '', arch: '', cpuModel: '', cpus: 1, memoryBytes: 0 },
    node: '',
    version: '',
    client: '',
    metrics: METRICS,
  };
}

const figuresOf = ({ count, min, max, sum }) => ({ count, min, max, sum });

/** A run as `wsg report` has it once its file is read. */
export function syntheticRun(draws, path, asked) {
  const wishes = { ...USUAL, ...asked };
  const histograms = drawSeconds(draws, wishes);
  const total = new Histogram();
  for (const histogram of histograms) total.add(histogram);
  const counts = new SecondCounts(new QuantileGrid(total.counts, QUANTILES));
  const seconds = histograms.map((histogram, second) => {
    if (histogram.count > 0) counts.add(second, encodeHistogram(histogram));
    const trends = histogram.count === 0 ? {} : { ws_rtt: figuresOf(histogram) };
    return { second, elapsedMs: (second + 1) * 1000, counters: {}, gauges: {}, rates: {}, trends, checks: [] };
  });
  const totals = {
    durationMs: wishes.seconds * 1000,
    counters: {},
    gauges: {},
    rates: {},
    trends: { ws_rtt: { ...figuresOf(total), histograms: { response: total } } },
    checks: [],
    iterations: { complete: 1, interrupted: 0 },
  };
  const end = { reason: 'finished', totals, health: { verdict: 'healthy', reasons: [], saturatedSeconds: [] } };
  const header = headerOf(draws, path, wishes.seconds);
  const run = { header, seconds, health: [], gateway: [], events: [], thresholds: [], end, complete: true };
  return { path, run, counts: new Map([['ws_rtt', counts]]), from: 0, to: wishes.seconds };
}
