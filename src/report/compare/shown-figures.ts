import type { MetricDefinition, RunTotals } from '../../run-file/records.js';
import type { Gate, ShownFigure } from './comparison.js';
import { changeOf, type Sides } from './judge-gates.js';

/** Trends of times and counters that no gate is on, of the first run of each side: to be looked at, not judged. */
export function shownFigures({ base, next }: Sides, gates: readonly Gate[]): readonly ShownFigure[] {
  const [before, after] = [base[0]?.run, next[0]?.run];
  if (before === undefined || after === undefined) return [];
  const gated = new Set(gates.map(({ series }) => series));
  return before.header.metrics.flatMap((metric): ShownFigure[] => {
    if (gated.has(metric.name)) return [];
    const [one, other] = [figure(metric, before.end.totals), figure(metric, after.end.totals)];
    if (one === null && other === null) return [];
    const unit = metric.type === 'trend' ? 'ms' : 'per second';
    const aggregate = metric.type === 'trend' ? 'p(95)' : 'rate';
    return [{ series: metric.name, aggregate, unit, base: one, next: other, change: changeOf(one, other) }];
  });
}

function figure({ name, type, contains }: MetricDefinition, totals: RunTotals): number | null {
  if (type === 'counter') {
    const count = totals.counters[name];
    return count === undefined ? null : (count * 1000) / totals.durationMs;
  }
  if (type !== 'trend' || contains !== 'time') return null;
  return totals.trends[name]?.histograms.response?.valueAtPercentile(95) ?? null;
}
