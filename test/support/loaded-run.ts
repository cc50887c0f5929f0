import { encodeHistogram } from '../../src/core/histogram/histogram-codec.js';
import { Histogram } from '../../src/core/histogram/histogram.js';
import { compareLoaded, type CompareSettings } from '../../src/report/compare/compare-runs.js';
import type { Comparison } from '../../src/report/compare/comparison.js';
import type { LoadedRun } from '../../src/report/compare/seconds/loaded-run.js';
import { QuantileGrid } from '../../src/report/compare/seconds/quantile-grid.js';
import { readGates } from '../../src/report/compare/gates/read-gates.js';
import { SecondColumns } from '../../src/report/compare/seconds/second-columns.js';
import { SecondCounts } from '../../src/report/compare/seconds/second-counts.js';
import type {
  HealthVerdict,
  MetricDefinition,
  RunHeader,
  RunTotals,
  SecondRecord,
} from '../../src/run-file/records.js';
import { sampleHeader } from './sample-run.js';

const QUANTILES = [0.5, 0.95, 0.99];

/** The samples of a run, by second. */
export interface RunSpec {
  readonly path?: string;
  readonly seconds?: number;
  /** Round trips in milliseconds, of the metric `ws_rtt`. */
  readonly times?: (second: number) => readonly number[];
  /** The generator's own lag of each round trip; a response time is the sum of both. */
  readonly lag?: (second: number, sample: number) => number;
  readonly counters?: Readonly<Record<string, (second: number) => number>>;
  readonly rates?: Readonly<Record<string, (second: number) => readonly [passes: number, fails: number]>>;
  readonly gauges?: Readonly<Record<string, (second: number) => number>>;
  readonly health?: HealthVerdict;
  readonly header?: Partial<RunHeader>;
}

let made = 0;
const NO_TRENDS: Readonly<Record<string, never>> = {};

/** A run in the form in which a comparison reads it from a file. */
export function loadedRun(spec: RunSpec): LoadedRun {
  const { seconds: count = 30, health = 'healthy' } = spec;
  made += 1;
  const kinds = { response: new Recorded(), service: new Recorded(), lag: new Recorded() };
  for (let second = 0; second < count; second += 1) recordSecond(spec, second, kinds);
  const metrics = metricsOf(spec);
  const header = sampleHeader({ scenario: 'echo', durationMs: count * 1000, metrics, seed: made, ...spec.header });
  const totals = totalsOf(spec, count, kinds);
  const end = { reason: 'finished', totals, health: { verdict: health, reasons: [], saturatedSeconds: [] } } as const;
  const seconds = secondsOf(spec, kinds.response);
  return {
    path: spec.path ?? `${made}.run`,
    identity: String(made),
    run: { header, events: [], thresholds: [], end, complete: true },
    seconds: SecondColumns.of(seconds),
    counts: kinds.response.counts(),
    service: spec.lag === undefined ? new Map() : kinds.service.counts(),
    from: 0,
    to: count,
  };
}

function secondsOf({ counters = {}, gauges = {}, rates = {} }: RunSpec, response: Recorded): readonly SecondRecord[] {
  return response.figures.map((figures, second) => ({
    second,
    elapsedMs: (second + 1) * 1000,
    counters: present(mapped(counters, (of) => of(second))),
    gauges: mapped(gauges, (of) => ({ value: of(second), min: 0, max: of(second) })),
    rates: mapped(rates, (of) => ratesOf(of(second))),
    trends: figures.count === 0 ? NO_TRENDS : { ws_rtt: figures },
    checks: [],
  }));
}

function totalsOf(spec: RunSpec, count: number, { response, service, lag }: Kinds): RunTotals {
  const { counters = {}, gauges = {}, rates = {} } = spec;
  const sum = (of: (second: number) => number): number =>
    response.figures.reduce((total, _, second) => total + of(second), 0);
  const others = spec.lag === undefined ? {} : { service: service.total, lag: lag.total };
  const histograms = { response: response.total, ...others };
  return {
    durationMs: count * 1000,
    counters: present(mapped(counters, (of) => sum(of))),
    gauges: mapped(gauges, (of) => ({ value: of(count - 1), min: 0, max: 0 })),
    rates: mapped(rates, (of) => ({ passes: sum((second) => of(second)[0]), fails: sum((second) => of(second)[1]) })),
    trends: response.total.count === 0 ? NO_TRENDS : { ws_rtt: { ...figuresOf(response.total), histograms } },
    checks: [],
    iterations: { complete: 1, interrupted: 0 },
  };
}

/** Compares runs by these gates, by default by those of the scenario. */
export function compareSpecs(
  base: readonly RunSpec[],
  next: readonly RunSpec[],
  gates: readonly string[],
  settings: Partial<CompareSettings> = {},
): Comparison {
  const sides = { base: base.map(loadedRun), next: next.map(loadedRun) };
  const all = { budget: 0.1, noise: 0.05, warmupMs: 0, allowed: ['duration'], ...settings };
  return compareLoaded(sides, readGates(gates, 'flag'), all).comparison;
}

/**
 * Times around a median, evenly spread on a logarithmic scale and slightly different in each
 * second.
 */
export function timesAround(medianMs: number, samples = 400): (second: number) => readonly number[] {
  return (second) =>
    Array.from({ length: samples }, (_, sample) => {
      const share = (sample + ((second * 7) % 10) / 10 + 0.05) / samples;
      return medianMs * Math.exp(0.25 * Math.log(share / (1 - share)) + 0.02 * Math.sin(second * 2.4));
    });
}

const scratch = new Histogram();

/** Histograms of one kind of time, as in a run file. */
class Recorded {
  readonly total = new Histogram();
  readonly figures: ReturnType<typeof figuresOf>[] = [];
  readonly #encoded: Uint8Array[] = [];

  add(times: readonly number[]): void {
    scratch.reset();
    for (const time of times) scratch.record(time);
    this.total.add(scratch);
    this.figures.push(figuresOf(scratch));
    this.#encoded.push(encodeHistogram(scratch));
  }

  counts(): ReadonlyMap<string, SecondCounts> {
    if (this.total.count === 0) return new Map();
    const counts = new SecondCounts(new QuantileGrid(this.total.counts, QUANTILES));
    this.figures.forEach(({ count }, second) => {
      const bytes = this.#encoded[second];
      if (count > 0 && bytes !== undefined) counts.add(second, bytes);
    });
    return new Map([['ws_rtt', counts]]);
  }
}

interface Kinds {
  readonly response: Recorded;
  readonly service: Recorded;
  readonly lag: Recorded;
}

function recordSecond({ times, lag }: RunSpec, second: number, kinds: Kinds): void {
  const service = times?.(second) ?? [];
  const late = service.map((_, sample) => lag?.(second, sample) ?? 0);
  kinds.response.add(service.map((time, sample) => time + (late[sample] ?? 0)));
  if (lag === undefined) return;
  kinds.service.add(service);
  kinds.lag.add(late);
}

function metricsOf({ counters = {}, rates = {}, gauges = {} }: RunSpec): readonly MetricDefinition[] {
  const plain = (type: MetricDefinition['type'], names: object): MetricDefinition[] =>
    Object.keys(names).map((name) => ({ name, type, contains: name.startsWith('data_') ? 'data' : 'default' }));
  const own = [...plain('counter', counters), ...plain('rate', rates), ...plain('gauge', gauges)];
  return [{ name: 'ws_rtt', type: 'trend', contains: 'time' }, ...own];
}

/** The counters that are not 0; a run file omits the others. */
function present(counters: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counters).filter(([, value]) => value !== 0));
}

function mapped<T, U>(from: Readonly<Record<string, T>>, to: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(from).map(([name, value]) => [name, to(value)]));
}

function ratesOf([passes, fails]: readonly [number, number]): { readonly passes: number; readonly fails: number } {
  return { passes, fails };
}

function figuresOf({ count, min, max, sum }: Histogram) {
  return { count, min, max, sum };
}
