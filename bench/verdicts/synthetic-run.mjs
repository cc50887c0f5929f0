// Runs whose truth is known: times of one metric, log-normal with a spread of their own in each
// second and each run.
import { Histogram } from '../../dist/core/histogram/histogram.js';
import { encodeHistogram } from '../../dist/core/histogram/histogram-codec.js';
import { QuantileGrid } from '../../dist/report/compare/seconds/quantile-grid.js';
import { SecondColumns } from '../../dist/report/compare/seconds/second-columns.js';
import { SecondCounts } from '../../dist/report/compare/seconds/second-counts.js';
import { normalQuantile } from '../../dist/report/compare/evidence/statistics.js';

/** Quantiles that the cells have gates on. */
const QUANTILES = [0.5, 0.95, 0.99];
const METRICS = [
  { name: 'ws_rtt', type: 'trend', contains: 'time' },
  { name: 'ws_msgs_received', type: 'counter', contains: 'default' },
  { name: 'checks', type: 'rate', contains: 'default' },
];

/**
 * Random numbers that are determined by their seed (mulberry32). Deliberately another generator
 * than that of the code under test.
 */
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

  /** A standard normal number (Box and Muller). */
  normal() {
    return Math.sqrt(-2 * Math.log(1 - this.fraction())) * Math.cos(2 * Math.PI * this.fraction());
  }
}

/**
 * Properties of a run. `slower`: slowdown of all times (.3 is 30 %); `tailSlower`: those above p95
 * do; `spread`: between runs, as a standard deviation of logarithms; `correlation`: lag 1 of the
 * seconds, which differ by 5 %; `stalledSecond`: one without a sample, whose work the next one has;
 * `halfStall`: a second in which nothing is answered for 500 ms; `deadFrom`: the second from which
 * on nothing is answered; `modes`: a fifth of the times is five times as long; `lagMs`: the
 * generator's own delay before a message leaves, on average; `health`: what the generator says of
 * itself; `failing`: the share of checks that fail, ten a second; `nothing`: no message at all.
 */
export const USUAL = {
  seconds: 60,
  perSecond: 1000,
  slower: 0,
  tailSlower: 0,
  spread: 0,
  correlation: 0,
  stalledSecond: undefined,
  halfStall: undefined,
  deadFrom: undefined,
  modes: 1,
  lagMs: undefined,
  health: 'healthy',
  failing: 0,
  nothing: false,
};

const BETWEEN_SECONDS = 0.05;
const SIGMA = 0.5;
const P95 = 1.6449;
const STALL_MS = 500;
const CHECKS = 10;

/** Seconds are drawn into these, for a histogram is some 200 KB. */
const SCRATCH = { response: new Histogram(), service: new Histogram(), lag: new Histogram() };

/**
 * Quantiles of the normal distribution, by an even draw: one logarithm and one cosine less for each
 * of millions of samples.
 */
const NORMAL = normalTable(1 << 15);

function normalTable(half) {
  const upper = Float64Array.from({ length: half }, (_, at) => normalQuantile((at + 0.5) / (2 * half)));
  return Float64Array.from({ length: 2 * half }, (_, at) => (at < half ? -upper[at] : upper[2 * half - 1 - at]));
}

/** Draws one second's times into `times`: response, and with a lag service and lag. */
function drawSecond(draws, wishes, shift, second) {
  const times = SCRATCH;
  const { perSecond, tailSlower, modes, lagMs, halfStall } = wishes;
  for (let sample = 0; sample < perSecond; sample += 1) {
    const z = NORMAL[Math.floor(draws.fraction() * NORMAL.length)];
    let log = Math.log(10) + SIGMA * z + shift;
    if (z > P95) log += Math.log1p(tailSlower);
    if (modes === 2 && draws.fraction() < 0.2) log += Math.log(5);
    // Messages that arrive during a stall wait for its end.
    const dueMs = (sample / perSecond) * 1000;
    const waitMs = second === halfStall && dueMs < STALL_MS ? STALL_MS - dueMs : 0;
    const serviceMs = Math.exp(log) + waitMs;
    const lag = lagMs === undefined ? 0 : -lagMs * Math.log(1 - draws.fraction());
    times.response.record(serviceMs + lag);
    if (lagMs === undefined) continue;
    times.service.record(serviceMs);
    times.lag.record(lag);
  }
}

/** The seconds of a run, each kind's as figures and bytes, and the totals of each kind. */
function drawSeconds(draws, wishes, kinds) {
  const { seconds, slower, spread, correlation, stalledSecond, deadFrom = Number.POSITIVE_INFINITY, nothing } = wishes;
  const offset = spread * draws.normal() + Math.log1p(slower);
  const totals = Object.fromEntries(kinds.map((kind) => [kind, new Histogram()]));
  let drift = draws.normal();
  const times = Array.from({ length: seconds }, (_, second) => {
    drift = correlation * drift + Math.sqrt(1 - correlation ** 2) * draws.normal();
    const isSilent = second === stalledSecond || second >= deadFrom || nothing;
    if (!isSilent) drawSecond(draws, wishes, offset + BETWEEN_SECONDS * drift, second);
    return Object.fromEntries(kinds.map((kind) => [kind, taken(SCRATCH[kind], totals[kind])]));
  });
  return { times, totals };
}

/** Takes the samples out of a histogram, and adds them to the total. */
function taken(histogram, total) {
  const second = { ...figuresOf(histogram), bytes: encodeHistogram(histogram) };
  total.add(histogram);
  histogram.reset();
  return second;
}

/** How many of a second's checks fail. */
function drawFails(draws, { failing }) {
  return Array.from({ length: CHECKS }, () => (draws.fraction() < failing ? 1 : 0)).reduce((sum, one) => sum + one, 0);
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

function countedOf(times, kind, total) {
  const counts = new SecondCounts(new QuantileGrid(total.counts, QUANTILES));
  times.forEach((second, at) => {
    if (second[kind].count > 0) counts.add(at, second[kind].bytes);
  });
  return counts;
}

function endOf(totals, wishes) {
  return { reason: 'finished', totals, health: { verdict: wishes.health, reasons: [], saturatedSeconds: [] } };
}

/** A run as `wsg report` has it once its file is read. */
export function syntheticRun(draws, path, asked) {
  const wishes = { ...USUAL, ...asked };
  const hasLag = wishes.lagMs !== undefined;
  const kinds = hasLag ? ['response', 'service', 'lag'] : ['response'];
  const { times, totals: histograms } = drawSeconds(draws, wishes, kinds);
  const fails = times.map(() => drawFails(draws, wishes));
  const seconds = times.map(({ response }, second) => ({
    second,
    elapsedMs: (second + 1) * 1000,
    counters: response.count === 0 ? {} : { ws_msgs_received: response.count },
    gauges: {},
    rates: { checks: { passes: CHECKS - fails[second], fails: fails[second] } },
    trends: response.count === 0 ? {} : { ws_rtt: figuresOf(response) },
    checks: [],
  }));
  const failed = fails.reduce((sum, one) => sum + one, 0);
  const received = histograms.response.count;
  const totals = {
    durationMs: wishes.seconds * 1000,
    counters: received === 0 ? {} : { ws_msgs_received: received },
    gauges: {},
    rates: { checks: { passes: CHECKS * times.length - failed, fails: failed } },
    trends: received === 0 ? {} : { ws_rtt: { ...figuresOf(histograms.response), histograms } },
    checks: [],
    iterations: { complete: 1, interrupted: 0 },
  };
  const header = headerOf(draws, path, wishes.seconds);
  const end = endOf(totals, wishes);
  const run = { header, events: [], end, complete: true };
  const counts = received === 0 ? new Map() : new Map([['ws_rtt', countedOf(times, 'response', histograms.response)]]);
  const service = hasLag ? new Map([['ws_rtt', countedOf(times, 'service', histograms.service)]]) : new Map();
  return {
    path,
    identity: path,
    run,
    seconds: SecondColumns.of(seconds),
    counts,
    service,
    from: 0,
    to: wishes.seconds,
  };
}
