import { formatGoDuration } from '../../core/duration.js';
import { formatNumber } from '../terminal/format-value.js';
import { padRight, textWidth } from '../terminal/text-width.js';

const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/**
 * Draws one character per value, whose height is its share of `most`; 0 and missing values are
 * blank.
 */
export function sparkline(values: readonly (number | undefined)[], most: number): string {
  return values.map((value) => bar(value ?? 0, most)).join('');
}

function bar(value: number, most: number): string {
  if (value <= 0 || most <= 0) return ' ';
  const height = Math.ceil((Math.min(value, most) / most) * BARS.length);
  return BARS[height - 1] ?? ' ';
}

/** Planned load of a scenario at equal intervals over the run. */
export interface ScheduleRow {
  readonly name: string;
  readonly unit: 'VUs' | 'iterations/s';
  readonly values: readonly number[];
  readonly most: number;
}

/** Planned load from 0 to `totalMs`, one row per scenario. */
export interface ScheduleView {
  readonly totalMs: number;
  readonly rows: readonly ScheduleRow[];
}

/**
 * Draws a line of bars per scenario, each with its own scale, above a time axis. Ends with a
 * newline.
 */
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
