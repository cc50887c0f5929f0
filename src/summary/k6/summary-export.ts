import type { Run } from '../../run-file/records.js';
import { checkTree, type CheckGroup } from './check-tree.js';
import { pathId, valuesJson } from './summary-json.js';
import { summaryMetrics, type SummaryMetric } from './summary-metric.js';
import { DEFAULT_TREND_STATS, parseTrendStats, type TrendStat } from './trend-stats.js';

export interface SummaryExportOptions {
  /** Columns of trends. Default: those of k6. */
  readonly trendStats?: string;
  /** Result of the script's `setup`, as JSON. */
  readonly setupData?: string;
}

/**
 * Renders the text of `--summary-export` (k6 docs, "Summary export"): flat values, groups and
 * checks by name, and for each threshold whether it was crossed, which is the opposite of the value
 * in `handleSummary`. Throws `options.invalid` on unknown trend columns.
 */
export function summaryExport(run: Run, { trendStats, setupData }: SummaryExportOptions = {}): string {
  const stats = parseTrendStats(trendStats ?? DEFAULT_TREND_STATS);
  const metrics = summaryMetrics(run).map((metric) => [metric.name, metricExport(metric, stats)]);
  const data: unknown = setupData === undefined ? undefined : JSON.parse(setupData);
  const whole = {
    root_group: groupExport(checkTree(run.end.totals)),
    metrics: Object.fromEntries(metrics),
    ...(data !== undefined && { setup_data: data }),
  };
  return JSON.stringify(whole, null, 4);
}

function groupExport({ name, path, checks, groups }: CheckGroup): Record<string, unknown> {
  return {
    name,
    path,
    id: pathId(path),
    groups: Object.fromEntries(groups.map((group) => [group.name, groupExport(group)])),
    checks: Object.fromEntries(
      checks.map((check) => {
        const checkPath = `${path}::${check.name}`;
        const { passes, fails } = check;
        return [check.name, { name: check.name, path: checkPath, id: pathId(checkPath), passes, fails }];
      }),
    ),
  };
}

function metricExport(metric: SummaryMetric, stats: readonly TrendStat[]): Record<string, unknown> {
  const { rate, ...others } = valuesJson(metric, stats);
  // k6 calls the share of a rate `value` here.
  const values = metric.values.type === 'rate' ? { value: rate, ...others } : valuesJson(metric, stats);
  if (metric.thresholds.length === 0) return values;
  return {
    ...values,
    thresholds: Object.fromEntries(metric.thresholds.map(({ expression, ok }) => [expression, !ok])),
  };
}
