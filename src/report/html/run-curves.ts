import { decodeSparse, quantilesOf } from '../../core/histogram/histogram-codec.js';
import { readOutline, readRun } from '../../run-file/index.js';
import type { MetricDefinition, Run, SecondRecord } from '../../run-file/records.js';

/**
 * Number of steps in which longer runs are drawn: a screen does not have more points, and the page
 * stays small.
 */
const MOST_STEPS = 1800;
/** A shorter second at the end is left out. */
const CUT_MS = 900;
const QUANTILES = [0.5, 0.9, 0.99] as const;
const QUANTILE_LABELS = ['p50', 'p90', 'p99'] as const;

export type CurveGroup = 'latency' | 'throughput' | 'users' | 'failures' | 'generator';

/** One line over the time of one run. */
export interface Curve {
  readonly group: CurveGroup;
  /** Title of the chart that it belongs to: `ws_rtt (ms)`. */
  readonly chart: string;
  readonly line: string;
  /** One value per step; null if there is none. */
  readonly values: readonly (number | null)[];
}

/** A run over its time. */
export interface RunCurves {
  /** The run, without its seconds. */
  readonly run: Run;
  /** End of each step, in seconds since the start. */
  readonly times: readonly number[];
  readonly curves: readonly Curve[];
  /** Health of the worst second of each step: 0 healthy, 1 strained, 2 saturated. */
  readonly health: readonly number[];
}

/**
 * Reads a run in bounded memory: only the steps of its lines are kept. Throws the errors of
 * `readRun`.
 */
export async function readRunCurves(path: string): Promise<RunCurves> {
  const { header, end } = await readOutline(path);
  const stepSeconds = Math.max(1, Math.ceil(end.totals.durationMs / 1000 / MOST_STEPS));
  const trends = header.metrics.filter(({ type, contains }) => type === 'trend' && contains === 'time');
  const latencies = new Map(trends.map(({ name }) => [name, QUANTILES.map(() => new Line('largest', stepSeconds))]));
  const metrics = header.metrics.flatMap((metric) => metricLine(metric, stepSeconds) ?? []);
  const times = new Line('largest', stepSeconds);
  const seconds = new WholeSeconds((second, at) => {
    times.add(at, Math.round(second.elapsedMs / 10) / 100);
    for (const metric of metrics) metric.line.add(at, metric.valueOf(second));
  });
  const run = await readRun(path, {
    seconds: (second) => seconds.add(second),
    histograms: {
      series: [...latencies.keys()],
      visitEncoded: ({ series, second, bytes }) => {
        const values = quantilesOf(decodeSparse(bytes), QUANTILES);
        latencies.get(series)?.forEach((line, at) => line.add(second, values[at]));
      },
    },
  });
  const steps = Math.ceil(seconds.end() / stepSeconds);
  const curves = [
    ...trends.flatMap(({ name }) => latencyCurves(name, latencies.get(name) ?? [], steps)),
    ...metrics.map(({ group, chart, name, line }) => ({ group, chart, line: name, values: line.steps(steps) })),
    ...generatorCurves(run, stepSeconds, steps),
  ];
  return {
    run,
    times: times.steps(steps).map((time) => time ?? 0),
    curves: curves.filter(({ group, values }) =>
      values.some((value) => value !== null && (group !== 'throughput' || value > 0)),
    ),
    health: healthSteps(run, stepSeconds, steps),
  };
}

/**
 * Passes on all seconds of a run, except for an incomplete last one, which would be drawn as a
 * spike or a gap.
 */
class WholeSeconds {
  readonly #take: (second: SecondRecord, at: number) => void;
  #count = 0;
  #held: SecondRecord | undefined;
  #heldMs = CUT_MS;

  constructor(take: (second: SecondRecord, at: number) => void) {
    this.#take = take;
  }

  add(second: SecondRecord): undefined {
    this.#heldMs = this.#held === undefined ? CUT_MS : second.elapsedMs - this.#held.elapsedMs;
    this.#give();
    this.#held = second;
  }

  /** Ends the run and returns the number of seconds. */
  end(): number {
    if (this.#heldMs >= CUT_MS) this.#give();
    return this.#count;
  }

  #give(): void {
    if (this.#held === undefined) return;
    this.#take(this.#held, this.#count);
    this.#count += 1;
  }
}

/** Gathers the seconds of a line into steps of equal length. */
class Line {
  readonly #fold: 'largest' | 'mean';
  readonly #stepSeconds: number;
  readonly #values: number[] = [];
  readonly #counts: number[] = [];

  constructor(fold: 'largest' | 'mean', stepSeconds: number) {
    this.#fold = fold;
    this.#stepSeconds = stepSeconds;
  }

  add(second: number, value: number | undefined): void {
    if (value === undefined) return;
    const step = Math.floor(second / this.#stepSeconds);
    const known = this.#values[step];
    const isMean = this.#fold === 'mean';
    this.#values[step] = known === undefined ? value : isMean ? known + value : Math.max(known, value);
    this.#counts[step] = (this.#counts[step] ?? 0) + 1;
  }

  /** One value per step; null if there is none. */
  steps(count: number): (number | null)[] {
    return Array.from({ length: count }, (_, step) => {
      const value = this.#values[step];
      if (value === undefined) return null;
      return rounded(this.#fold === 'mean' ? value / (this.#counts[step] ?? 1) : value);
    });
  }
}

/** Rounds to four digits: more are not visible, and they make the page large. */
function rounded(value: number): number {
  return Number(value.toPrecision(4));
}

function latencyCurves(name: string, lines: readonly Line[], steps: number): Curve[] {
  return QUANTILE_LABELS.map((line, at) => ({
    group: 'latency',
    chart: `${name} (ms)`,
    line,
    values: lines[at]?.steps(steps) ?? [],
  }));
}

/** A metric that is drawn as a single line. */
interface MetricLine extends Omit<Curve, 'line' | 'values'> {
  readonly name: string;
  readonly line: Line;
  readonly valueOf: (second: SecondRecord) => number | undefined;
}

function metricLine({ name, type }: MetricDefinition, stepSeconds: number): MetricLine | undefined {
  const largest = new Line('largest', stepSeconds);
  switch (type) {
    case 'counter': {
      const valueOf = ({ counters }: SecondRecord): number => counters[name] ?? 0;
      return { group: 'throughput', chart: `${name} (1/s)`, name, line: new Line('mean', stepSeconds), valueOf };
    }
    case 'gauge': {
      const chart = name === 'vus' || name === 'vus_max' ? 'virtual users' : name;
      return { group: 'users', chart, name, line: largest, valueOf: ({ gauges }) => gauges[name]?.value };
    }
    case 'rate': {
      const good = name.includes('failed') ? 'passes' : 'fails';
      const valueOf = ({ rates }: SecondRecord): number | undefined => shareOf(rates[name], good);
      return { group: 'failures', chart: `${name}: failed (%)`, name, line: largest, valueOf };
    }
    case 'trend':
      return undefined;
  }
}

function shareOf(
  figures: { readonly passes: number; readonly fails: number } | undefined,
  counted: 'passes' | 'fails',
): number | undefined {
  const all = (figures?.passes ?? 0) + (figures?.fails ?? 0);
  return figures === undefined || all === 0 ? undefined : (figures[counted] / all) * 100;
}

function generatorCurves({ health }: Run, stepSeconds: number, steps: number): Curve[] {
  const [loop, lag] = [new Line('largest', stepSeconds), new Line('largest', stepSeconds)];
  health.forEach(({ eventLoopUse, scheduleLag }, second) => {
    loop.add(second, eventLoopUse * 100);
    lag.add(second, scheduleLag.count > 0 ? scheduleLag.p99 : undefined);
  });
  const group = 'generator';
  return [
    { group, chart: 'event loop of the generator (%)', line: 'event loop', values: loop.steps(steps) },
    { group, chart: 'schedule lag of the generator (ms)', line: 'lag p99', values: lag.steps(steps) },
  ];
}

function healthSteps({ health }: Run, stepSeconds: number, steps: number): number[] {
  const rank = { healthy: 0, strained: 1, saturated: 2 } as const;
  const worst = new Line('largest', stepSeconds);
  health.forEach(({ verdict }, second) => worst.add(second, rank[verdict]));
  return worst.steps(steps).map((value) => value ?? 0);
}
