import { largest } from '../../core/largest.js';
import type { MetricDefinition } from '../../run-file/records.js';
import type { Gate, ShownFigure, Unit } from './comparison.js';
import { changeOf } from './judge-gate.js';
import type { Sides } from './judge-gates.js';
import type { LoadedRun } from './loaded-run.js';

/** One figure of a run, null where it has none. */
type FigureOf = (run: LoadedRun) => number | null;

/**
 * What is looked at and not judged, of the middle run of each side: the tail of every gated trend of times, which its gates may not show, then all trends of times
 * and counters that no gate is on.
 */
export function shownFigures(sides: Sides, gates: readonly Gate[]): readonly ShownFigure[] {
  const metrics = sides.base[0]?.run.header.metrics ?? [];
  const gated = [...new Set(gates.map(({ series }) => series))];
  const asked = new Set(gates.map(({ series, aggregate }) => `${series} ${aggregate.type}`));
  const tails = gated.flatMap((series) => [
    shown(sides, { series, aggregate: 'p(99.9)', unit: 'ms' }, percentile(series, 99.9)),
    ...(asked.has(`${series} max`) ? [] : [shown(sides, { series, aggregate: 'max', unit: 'ms' }, maximum(series))]),
  ]);
  const others = metrics.filter(({ name }) => !gated.includes(name)).map((metric) => ofMetric(sides, metric));
  return [...tails, ...others].flatMap((figure) => figure ?? []);
}

function ofMetric(sides: Sides, { name: series, type, contains }: MetricDefinition): ShownFigure | undefined {
  if (type === 'counter') {
    const unit = contains === 'data' ? 'bytes per second' : 'per second';
    return shown(sides, { series, aggregate: 'rate', unit }, ({ run: { end } }) => {
      const count = end.totals.counters[series];
      return count === undefined ? null : (count * 1000) / end.totals.durationMs;
    });
  }
  if (type !== 'trend' || contains !== 'time') return undefined;
  return shown(sides, { series, aggregate: 'p(95)', unit: 'ms' }, percentile(series, 95));
}

function shown(
  { base, next }: Sides,
  named: { readonly series: string; readonly aggregate: string; readonly unit: Unit },
  of: FigureOf,
): ShownFigure | undefined {
  const [one, other] = [middle(base.map(of)), middle(next.map(of))];
  return one === null && other === null
    ? undefined
    : { ...named, base: one, next: other, change: changeOf(one, other) };
}

/** Of an even number the upper one: none is the better for being chosen. */
function middle(values: readonly (number | null)[]): number | null {
  const known = values.flatMap((value) => value ?? []).toSorted((a, b) => a - b);
  return known[Math.floor(known.length / 2)] ?? null;
}

function percentile(series: string, at: number): FigureOf {
  return ({ run }) => run.end.totals.trends[series]?.histograms.response?.valueAtPercentile(at) ?? null;
}

/** The largest of the seconds that are looked at. */
function maximum(series: string): FigureOf {
  return (loaded) => {
    const { run, seconds } = loaded;
    const maxima = seconds.trend(series, loaded)?.maxima ?? [];
    const isTime = run.end.totals.trends[series]?.histograms.response !== undefined;
    return isTime && maxima.length > 0 ? largest(maxima) : null;
  };
}
