import { decodeSparse } from '../../core/histogram-codec.js';
import { quantilesOf } from '../../core/sparse-quantiles.js';
import { readHeader, readRun } from '../../run-file/index.js';
import type { MetricDefinition, Run, SecondRecord } from '../../run-file/records.js';

/** Longer runs are drawn in so many steps: a screen has no more points, and a page stays small. */
const MOST_STEPS = 1800;
/** Below it a second is none. */
const CUT_MS = 900;
const QUANTILES = [0.5, 0.9, 0.99] as const;
const QUANTILE_LABELS = ['p50', 'p90', 'p99'] as const;

export type CurveGroup = 'latency' | 'throughput' | 'users' | 'failures' | 'generator';

/** One line over the time of one run. */
export interface Curve {
  readonly group: CurveGroup;
  /** Of the chart that it belongs to: `ws_rtt (ms)`. */
  readonly chart: string;
  readonly line: string;
  /** One a step; null where there was nothing. */
  readonly values: readonly (number | null)[];
}

/** A run over its time. */
export interface RunCurves {
  readonly run: Run;
  /** The end of each step: seconds since the start. */
  readonly times: readonly number[];
  readonly curves: readonly Curve[];
  /** Of each step the worst second: 0 healthy, 1 strained, 2 saturated. */
  readonly health: readonly number[];
}

/** Reads a run in bounded memory: of its histograms three quantiles a second stay. Throws what `readRun` throws. */
export async function readRunCurves(path: string): Promise<RunCurves> {
  const header = await readHeader(path);
  const trends = header.metrics.filter(({ type, contains }) => type === 'trend' && contains === 'time');
  const quantiles = new Map<string, (readonly number[] | undefined)[]>(trends.map(({ name }) => [name, []]));
  const run = await readRun(path, {
    histograms: {
      series: [...quantiles.keys()],
      visitEncoded: ({ series, second, bytes }) => {
        const seconds = quantiles.get(series);
        if (seconds !== undefined) seconds[second] = quantilesOf(decodeSparse(bytes), QUANTILES);
      },
    },
  });
  const seconds = wholeSeconds(run.seconds);
  const steps = new Steps(seconds.length);
  const curves = [
    ...trends.flatMap(({ name }) => latencyCurves(name, quantiles.get(name) ?? [], steps)),
    ...header.metrics.flatMap((metric) => metricCurves(metric, seconds, steps)),
    ...generatorCurves(run, steps),
  ];
  const rank = { healthy: 0, strained: 1, saturated: 2 } as const;
  const health = run.health.map(({ verdict }) => rank[verdict]);
  return {
    run,
    times: steps.largest(seconds.map(({ elapsedMs }) => Math.round(elapsedMs / 10) / 100)).map((time) => time ?? 0),
    curves: curves.filter(({ values }) => values.some((value) => value !== null)),
    health: steps.largest(health).map((worst) => worst ?? 0),
  };
}

/** The last second of a run is cut: drawn as one it would be a spike or a hole. */
function wholeSeconds(seconds: readonly SecondRecord[]): readonly SecondRecord[] {
  const [before, last] = seconds.slice(-2);
  const isCut = before !== undefined && last !== undefined && last.elapsedMs - before.elapsedMs < CUT_MS;
  return isCut ? seconds.slice(0, -1) : seconds;
}

/** Seconds gathered into steps of the same length. */
class Steps {
  private readonly length: number;

  constructor(private readonly seconds: number) {
    this.length = Math.max(1, Math.ceil(seconds / MOST_STEPS));
  }

  largest(values: readonly (number | null | undefined)[]): (number | null)[] {
    return this.gather(values, (known) => Math.max(...known));
  }

  mean(values: readonly (number | null | undefined)[]): (number | null)[] {
    return this.gather(values, (known) => known.reduce((sum, value) => sum + value, 0) / known.length);
  }

  private gather(
    values: readonly (number | null | undefined)[],
    fold: (known: readonly number[]) => number,
  ): (number | null)[] {
    return Array.from({ length: Math.ceil(this.seconds / this.length) }, (_, step) => {
      const part = values.slice(step * this.length, (step + 1) * this.length);
      const known = part.filter((value) => value !== null && value !== undefined);
      return known.length === 0 ? null : rounded(fold(known));
    });
  }
}

/** Four digits: more are not seen, and they make the page large. */
function rounded(value: number): number {
  return Number(value.toPrecision(4));
}

function latencyCurves(name: string, seconds: readonly (readonly number[] | undefined)[], steps: Steps): Curve[] {
  return QUANTILE_LABELS.map((line, at) => ({
    group: 'latency',
    chart: `${name} (ms)`,
    line,
    values: steps.largest(Array.from(seconds, (second) => second?.[at])),
  }));
}

function metricCurves({ name, type }: MetricDefinition, seconds: readonly SecondRecord[], steps: Steps): Curve[] {
  switch (type) {
    case 'counter': {
      if (!seconds.some(({ counters }) => (counters[name] ?? 0) > 0)) return [];
      const values = steps.mean(seconds.map(({ counters }) => counters[name] ?? 0));
      return [{ group: 'throughput', chart: `${name} (1/s)`, line: name, values }];
    }
    case 'gauge': {
      const values = steps.largest(seconds.map(({ gauges }) => gauges[name]?.value));
      const isUsers = name === 'vus' || name === 'vus_max';
      return [{ group: 'users', chart: isUsers ? 'virtual users' : name, line: name, values }];
    }
    case 'rate': {
      const good = name.includes('failed') ? 'passes' : 'fails';
      const values = steps.largest(seconds.map(({ rates }) => shareOf(rates[name], good)));
      return [{ group: 'failures', chart: `${name}: failed (%)`, line: name, values }];
    }
    case 'trend':
      return [];
  }
}

function shareOf(
  figures: { readonly passes: number; readonly fails: number } | undefined,
  counted: 'passes' | 'fails',
): number | undefined {
  const all = (figures?.passes ?? 0) + (figures?.fails ?? 0);
  return figures === undefined || all === 0 ? undefined : (figures[counted] / all) * 100;
}

function generatorCurves({ health }: Run, steps: Steps): Curve[] {
  const group = 'generator';
  return [
    {
      group,
      chart: 'event loop of the generator (%)',
      line: 'event loop',
      values: steps.largest(health.map(({ eventLoopUse }) => eventLoopUse * 100)),
    },
    {
      group,
      chart: 'schedule lag of the generator (ms)',
      line: 'lag p99',
      values: steps.largest(health.map(({ scheduleLag }) => (scheduleLag.count > 0 ? scheduleLag.p99 : undefined))),
    },
  ];
}
