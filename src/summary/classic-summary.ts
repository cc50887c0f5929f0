import type { Run } from '../run-file/records.js';
import { groupLines } from './check-lines.js';
import { checkTree } from './check-tree.js';
import { metricRows, type MetricRow, type RowOptions } from './metric-rows.js';
import type { Palette } from './palette.js';
import type { SummaryMetric } from './summary-metric.js';

const INDENT = '   ';

/** k6's summary as 0.4x and 0.5x print it: checks by group, then a line a metric with its thresholds' mark before it. */
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
