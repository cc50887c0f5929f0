import type { Run, RunTotals } from '../run-file/records.js';
import { renderClassicSummary } from './classic-summary.js';
import type { TimeUnit } from './format-value.js';
import { createPalette } from './palette.js';
import { renderSectionedSummary } from './sectioned-summary.js';
import { summaryMetrics } from './summary-metric.js';
import { DEFAULT_TREND_STATS, parseTrendStats } from './trend-stats.js';

/** k6's names of its summaries. */
export const SUMMARY_MODES = ['legacy', 'compact', 'full', 'disabled'] as const;
export type SummaryMode = (typeof SUMMARY_MODES)[number];

export interface SummaryOptions {
  readonly mode: SummaryMode;
  readonly colour: boolean;
  /** k6's comma-separated columns; `avg,min,med,max,p(90),p(95)` by default. */
  readonly trendStats?: string;
  readonly timeUnit?: TimeUnit;
  /** For the full mode: totals under names of scenario, group and metric. */
  readonly breakdown?: RunTotals;
}

/** k6's end-of-test summary, with the blank lines that k6 puts round it; '' when disabled. Throws `options.invalid` on unknown columns. */
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
