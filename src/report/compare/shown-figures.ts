import { largest } from '../../core/largest.js';
import type { MetricDefinition } from '../../run-file/records.js';
import type { Gate, ShownFigure, Unit } from './comparison.js';
import { mean } from './evidence/statistics.js';
import { changeOf } from './gates/judge-gate.js';
import type { LoadedRun, Sides } from './seconds/loaded-run.js';

/** Reads one figure of a run; null if the run does not have it. */
type FigureOf = (run: LoadedRun) => number | null;

/**
 * Figures that are shown but not judged: the tail of every trend of times, the 95th percentile of
 * the trends without a gate, and the counters without a gate. The value of a side is the geometric
 * mean of its runs.
 */
export function shownFigures(sides: Sides, gates: readonly Gate[]): readonly ShownFigure[] {
  const metrics = sides.base[0]?.run.header.metrics ?? [];
  const gated = [...new Set(gates.map(({ series }) => series))];
  const asked = new Set(gates.map(({ series, aggregate }) => `${series} ${aggregate.type}`));
  const tails = gated.flatMap((series) => tailOf(sides, series, asked.has(`${series} max`)));
  const others = metrics.filter(({ name }) => !gated.includes(name)).flatMap((metric) => ofMetric(sides, metric));
  return [...tails, ...others].flatMap((figure) => figure ?? []);
}

function tailOf(sides: Sides, series: string, isMaximumGated: boolean): readonly (ShownFigure | undefined)[] {
  return [
    shown(sides, { series, aggregate: 'p(99.9)', unit: 'ms' }, percentile(series, 99.9)),
    isMaximumGated ? undefined : shown(sides, { series, aggregate: 'max', unit: 'ms' }, maximum(series)),
  ];
}

function ofMetric(
  sides: Sides,
  { name: series, type, contains }: MetricDefinition,
): readonly (ShownFigure | undefined)[] {
  if (type === 'counter') {
    const unit = contains === 'data' ? 'bytes per second' : 'per second';
    const rate: FigureOf = ({ run: { end } }) => {
      const count = end.totals.counters[series];
      return count === undefined ? null : (count * 1000) / end.totals.durationMs;
    };
    return [shown(sides, { series, aggregate: 'rate', unit }, rate)];
  }
  if (type !== 'trend' || contains !== 'time') return [];
  const p95 = shown(sides, { series, aggregate: 'p(95)', unit: 'ms' }, percentile(series, 95));
  return [p95, ...tailOf(sides, series, false)];
}

function shown(
  { base, next }: Sides,
  named: { readonly series: string; readonly aggregate: string; readonly unit: Unit },
  of: FigureOf,
): ShownFigure | undefined {
  const [one, other] = [together(base.map(of)), together(next.map(of))];
  return one === null && other === null
    ? undefined
    : { ...named, base: one, next: other, change: changeOf(one, other) };
}

/**
 * The geometric mean, as for gates, so that every run counts. A run without the figure is left out.
 */
function together(values: readonly (number | null)[]): number | null {
  const known = values.flatMap((value) => value ?? []);
  if (known.length === 0) return null;
  return known.some((value) => value <= 0) ? mean(known) : Math.exp(mean(known.map(Math.log)));
}

function percentile(series: string, at: number): FigureOf {
  return ({ run }) => run.end.totals.trends[series]?.histograms.response?.valueAtPercentile(at) ?? null;
}

/** The maximum of the evaluated seconds, or of the whole run if its seconds were not read. */
function maximum(series: string): FigureOf {
  return (loaded) => {
    const { run, seconds } = loaded;
    const maxima = seconds.trend(series, loaded)?.maxima ?? [];
    const total = run.end.totals.trends[series];
    if (total?.histograms.response === undefined || total.count === 0) return null;
    return maxima.length > 0 ? largest(maxima) : total.max;
  };
}
