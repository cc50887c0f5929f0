import { largest } from '../../../core/largest.js';
import type { MetricContains } from '../../../run-file/records.js';
import type { Gate, GateAggregate, Unit } from '../comparison.js';
import type { LoadedRun } from './loaded-run.js';
import {
  type SecondBlocks,
  type QuantileSample,
  type SecondCounts,
  sumOfBlocks,
  type Resampled,
} from './second-counts.js';

const PLAIN_UNITS: Readonly<Record<MetricContains, Unit>> = { time: 'ms', data: 'bytes', default: '' };
const RATE_UNITS: Readonly<Record<MetricContains, Unit>> = {
  time: 'per second',
  data: 'bytes per second',
  default: 'per second',
};

/** The gated figure of one run. */
export interface Figure {
  /** Null without samples. */
  readonly value: number | null;
  readonly samples: number;
  readonly seconds: number;
  /** The variation within the run; undefined if it cannot be estimated. */
  readonly resampled?: Resampled;
  /** Kind of count, if the figure is one with a known sampling variance. */
  readonly counts?: 'share' | 'occurrences';
  /** For a maximum: the maximum of each second. */
  readonly maxima?: readonly number[];
  /** The reason why the figure cannot be judged. */
  readonly problem?: string;
}

/** The figure of a gate in a run. */
export function figureOf({ series, aggregate }: Pick<Gate, 'series' | 'aggregate'>, run: LoadedRun): Figure {
  const type = typeOf(series, run);
  if (type === undefined) return nothing(run, missingReason(series, run));
  if (type === 'trend') return trendFigure({ series, aggregate }, run);
  if (aggregate.type === 'quantile' || aggregate.type === 'avg')
    return nothing(run, `${series} is a ${type}, which has no ${aggregate.type}`);
  switch (type) {
    case 'counter':
      return counterFigure({ series, aggregate }, run);
    case 'rate':
      // Warm-up and end are included: checks of whole sessions are recorded when the sessions end.
      return rateFigure(series, run);
    case 'gauge': {
      if (!(series in run.run.end.totals.gauges)) return nothing(run, undefined);
      return ratio(run, run.seconds.gauge(series, run) ?? zeros(run), 'seconds');
    }
  }
}

function counterFigure({ series, aggregate }: Pick<Gate, 'series' | 'aggregate'>, run: LoadedRun): Figure {
  const counted = run.seconds.counter(series, run) ?? zeros(run);
  return { ...ratio(run, counted, aggregate.type === 'rate' ? 'seconds' : 'one'), counts: 'occurrences' };
}

/**
 * The service time of a gate on a quantile of times, which excludes the generator's own lag.
 * Undefined if the run has none.
 */
export function serviceOf(
  { series, aggregate }: Pick<Gate, 'series' | 'aggregate'>,
  run: LoadedRun,
): Figure | undefined {
  const counts = run.service.get(series);
  if (counts === undefined || aggregate.type !== 'quantile') return undefined;
  const figure = timesFigure(aggregate, counts, run);
  return figure.value === null ? undefined : figure;
}

/** The unit of a gate's figures. */
export function unitOf({ series, aggregate }: Pick<Gate, 'series' | 'aggregate'>, run: LoadedRun): Unit {
  const metric = definitionOf(series, run);
  switch (metric?.type) {
    case undefined:
      return '';
    case 'rate':
      return 'ratio';
    case 'counter':
      return aggregate.type === 'rate' ? RATE_UNITS[metric.contains] : PLAIN_UNITS[metric.contains];
    case 'gauge':
      return PLAIN_UNITS[metric.contains];
    case 'trend':
      if (aggregate.type === 'rate') return 'per second';
      return aggregate.type === 'count' ? '' : PLAIN_UNITS[metric.contains];
  }
}

function definitionOf(series: string, { run }: LoadedRun): LoadedRun['run']['header']['metrics'][number] | undefined {
  const brace = series.indexOf('{');
  const name = brace < 0 ? series : series.slice(0, brace);
  return run.header.metrics.find((metric) => metric.name === name);
}

function typeOf(series: string, run: LoadedRun): 'trend' | 'counter' | 'rate' | 'gauge' | undefined {
  const type = definitionOf(series, run)?.type;
  if (type === undefined) return undefined;
  const { totals } = run.run.end;
  const isRecorded =
    series in totals.trends || series in totals.counters || series in totals.rates || series in totals.gauges;
  return isRecorded || !series.includes('{') ? type : undefined;
}

function missingReason(series: string, run: LoadedRun): string {
  if (definitionOf(series, run) === undefined) return `${run.path} has no metric ${series}`;
  return `${series} was not recorded; \`wsg loadtest --record-submetric '${series}'\` records it`;
}

function trendFigure({ series, aggregate }: Pick<Gate, 'series' | 'aggregate'>, run: LoadedRun): Figure {
  const counts = run.counts.get(series);
  const totals = run.run.end.totals.trends[series];
  if (totals === undefined || totals.count === 0) return nothing(run, undefined);
  if (totals.sketch !== undefined || counts === undefined)
    return nothing(run, `${series} is not a trend of times; no other trend can be judged`);
  return timesFigure(aggregate, counts, run);
}

function timesFigure(aggregate: GateAggregate, counts: SecondCounts, run: LoadedRun): Figure {
  const { counts: counted, sums, maxima } = counts.figures(run);
  const samples = counted.reduce((sum, count) => sum + count, 0);
  if (samples === 0) return nothing(run, undefined);
  switch (aggregate.type) {
    case 'quantile': {
      const sample = counts.around(aggregate.quantile, run.from, run.to);
      return { value: sample.whole, samples, seconds: run.to - run.from, resampled: quantileResampled(sample) };
    }
    case 'avg':
      return ratio(run, sums, counted, samples);
    case 'count':
      return { ...ratio(run, counted, 'one', samples), counts: 'occurrences' };
    case 'rate':
      return { ...ratio(run, counted, 'seconds', samples), counts: 'occurrences' };
    case 'max':
      return { value: largest(maxima), samples, seconds: run.to - run.from, maxima };
    case 'min':
    case 'value':
      return nothing(run, `${aggregate.type} of a trend cannot be judged`);
  }
}

function quantileResampled(sample: QuantileSample): Resampled {
  return {
    seconds: sample.seconds,
    logFigure: (blocks) => sample.logQuantile(blocks),
    perSecond: () => sample.perSecond(),
  };
}

function rateFigure(series: string, run: LoadedRun): Figure {
  const { passes, fails } = run.seconds.rate(series, { from: 0, to: run.seconds.length }) ?? { passes: [], fails: [] };
  const all = passes.map((count, second) => count + (fails[second] ?? 0));
  const samples = all.reduce((sum, count) => sum + count, 0);
  return samples === 0 ? nothing(run, undefined) : { ...ratio(run, passes, all, samples), counts: 'share' };
}

/**
 * The ratio of a sum over seconds and another one: the number of seconds, 1, or the sum of the
 * given values.
 */
function ratio(
  run: LoadedRun,
  above: readonly number[],
  below: readonly number[] | 'seconds' | 'one',
  samples?: number,
): Figure {
  const seconds = above.length;
  const prefixAbove = prefixOf(above);
  const prefixBelow = prefixOf(typeof below === 'string' ? above.map(() => 1) : below);
  const total = prefixAbove[seconds] ?? 0;
  if (seconds === 0) return nothing(run, undefined);
  const value = total / (below === 'one' ? 1 : (prefixBelow[seconds] ?? 1));
  const logFigure = (blocks: SecondBlocks): number =>
    Math.log(sumOfBlocks(prefixAbove, blocks) / sumOfBlocks(prefixBelow, blocks));
  const perSecond = (): readonly number[] =>
    above.map((_, second) => logFigure({ starts: Int32Array.of(second), length: 1 })).filter(Number.isFinite);
  return { value, samples: samples ?? total, seconds, resampled: { seconds, logFigure, perSecond } };
}

function prefixOf(values: readonly number[]): Float64Array {
  const prefix = new Float64Array(values.length + 1);
  values.forEach((value, index) => {
    prefix[index + 1] = (prefix[index] ?? 0) + value;
  });
  return prefix;
}

function zeros({ from, to }: LoadedRun): readonly number[] {
  return Array.from({ length: to - from }, () => 0);
}

function nothing({ from, to }: LoadedRun, problem: string | undefined): Figure {
  return { value: null, samples: 0, seconds: to - from, ...(problem !== undefined && { problem }) };
}
