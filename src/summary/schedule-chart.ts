import { formatGoDuration } from '../core/duration.js';
import { formatNumber } from './format-value.js';
import { sparkline } from './sparkline.js';
import { padRight, textWidth } from './text-width.js';

/** How much a scenario is planned to do at equal distances over the run. */
export interface ScheduleRow {
  readonly name: string;
  readonly unit: 'VUs' | 'iterations/s';
  readonly values: readonly number[];
  readonly most: number;
}

/** What is planned from 0 to `totalMs`, one row a scenario. */
export interface ScheduleView {
  readonly totalMs: number;
  readonly rows: readonly ScheduleRow[];
}

/** A line a scenario, each in bars of its own height, over a line of time. Ends in a newline. */
export function renderSchedule({ totalMs, rows }: ScheduleView): string {
  const nameWidth = Math.max(...rows.map(({ name }) => textWidth(name)));
  const chartWidth = Math.max(...rows.map(({ values }) => values.length));
  const lines = rows.map(({ name, unit, values, most }) => {
    return `${padRight(name, nameWidth)}  ${sparkline(values, most)}  up to ${formatNumber(most, 2)} ${unit}`;
  });
  const end = formatGoDuration(totalMs);
  const axis = `${' '.repeat(nameWidth)}  0s${' '.repeat(Math.max(1, chartWidth - 2 - end.length))}${end}`;
  return `${[...lines, axis].join('\n')}\n`;
}
