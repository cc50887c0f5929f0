import type { Run, RunTotals } from '../../run-file/records.js';
import { createPalette, type Palette } from '../terminal/palette.js';
import type { TimeUnit } from '../terminal/format-value.js';
import { groupLines, checkTree } from './check-tree.js';
import { metricRows, type MetricRow, type RowOptions } from './metric-rows.js';
import { summaryMetrics, type SummaryMetric } from './summary-metric.js';
import { renderSectionedSummary } from './sectioned-summary.js';
import { DEFAULT_TREND_STATS, parseTrendStats } from './trend-stats.js';

const INDENT = '   ';

/**
 * Renders k6's summary as 0.4x and 0.5x do: checks by group, then a line per metric, with the
 * result of its thresholds before it.
 */
export function renderClassicSummary(run: Run, metrics: readonly SummaryMetric[], options: RowOptions): string {
  const lines = [
    ...groupLines(checkTree(run.end.totals), `${INDENT}  `, options.palette),
    ...metricRows(metrics, options).map((row) => classicLine(row, options.palette)),
  ];
  return `\n${lines.join('\n')}\n\n`;
}

function classicLine(row: MetricRow, palette: Palette): string {
  const indent = row.metric.tags === undefined ? INDENT : `${INDENT}  `;
  return `${indent}${mark(row.metric, palette)} ${row.name}${row.dots}: ${row.text}`;
}

function mark({ thresholds }: SummaryMetric, palette: Palette): string {
  if (thresholds.length === 0) return ' ';
  return thresholds.every(({ ok }) => ok) ? palette.pass('✓') : palette.fail('✗');
}

/** k6's names of its summaries. */
export const SUMMARY_MODES = ['legacy', 'compact', 'full', 'disabled'] as const;
export type SummaryMode = (typeof SUMMARY_MODES)[number];

export interface SummaryOptions {
  readonly mode: SummaryMode;
  readonly colour: boolean;
  /** k6's comma-separated columns. Default: `avg,min,med,max,p(90),p(95)`. */
  readonly trendStats?: string;
  readonly timeUnit?: TimeUnit;
  /** For the full mode: totals under names of scenario, group and metric. */
  readonly breakdown?: RunTotals;
}

/**
 * Renders k6's end-of-test summary, with k6's blank lines around it; '' if disabled. Throws
 * `options.invalid` on unknown columns.
 */
export function renderSummary(run: Run, options: SummaryOptions): string {
  const stats = parseTrendStats(options.trendStats ?? DEFAULT_TREND_STATS);
  const metrics = summaryMetrics(run);
  const rows = { stats, timeUnit: options.timeUnit, palette: createPalette(options.colour) };
  switch (options.mode) {
    case 'legacy':
      return renderClassicSummary(run, metrics, { ...rows, rateStyle: 'marks' });
    case 'compact':
    case 'full':
      return renderSectionedSummary(run, metrics, {
        ...rows,
        rateStyle: 'out-of',
        isFull: options.mode === 'full',
        breakdown: options.mode === 'full' ? options.breakdown : undefined,
      });
    case 'disabled':
      return '';
  }
}
