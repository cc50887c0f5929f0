import { formatValue, type TimeUnit, type ValueFormat } from '../terminal/format-value.js';
import type { Palette } from '../terminal/palette.js';
import type { SummaryMetric } from './summary-metric.js';
import { padRight, textWidth } from '../terminal/text-width.js';
import type { TrendStat } from './trend-stats.js';

export interface RowOptions {
  readonly stats: readonly TrendStat[];
  readonly timeUnit?: TimeUnit;
  /** A rate's passes and fails: `✓ 138 ✗ 6` (k6 0.x) or `138 out of 144` (k6 1.x). */
  readonly rateStyle: 'marks' | 'out-of';
  readonly palette: Palette;
}

/** The parts of a metric's line; k6's layouts have different prefixes. */
export interface MetricRow {
  readonly metric: SummaryMetric;
  /** `ws_sessions`, or `{ tag:value }` of a submetric. */
  readonly name: string;
  /**
   * Dots up to the colon of the longest name, at least three; a submetric is indented by two more
   * columns.
   */
  readonly dots: string;
  readonly text: string;
}

const SHORTEST_DOTS = 3;
const SUBMETRIC_INDENT = 2;

interface Cells {
  readonly metric: SummaryMetric;
  readonly name: string;
  readonly nameWidth: number;
  /** For trends: a value for each stat. */
  readonly trend?: readonly string[];
  readonly value: string;
  readonly extras: readonly string[];
}

interface Widths {
  readonly name: number;
  readonly value: number;
  readonly trend: readonly number[];
  readonly extras: readonly number[];
}

/** Renders the lines of all metrics with aligned columns. */
export function metricRows(metrics: readonly SummaryMetric[], options: RowOptions): MetricRow[] {
  const cells = metrics.map((metric) => metricCells(metric, options));
  const widths = columnWidths(cells, options.stats.length);
  return cells.map((row) => ({
    metric: row.metric,
    name: row.name,
    dots: options.palette.faint('.'.repeat(widths.name - row.nameWidth + SHORTEST_DOTS)),
    text: row.trend === undefined ? plainText(row, widths, options.palette) : trendText(row.trend, widths, options),
  }));
}

function metricCells(metric: SummaryMetric, options: RowOptions): Cells {
  const name = metric.tags === undefined ? metric.name : `{ ${metric.tags} }`;
  const nameWidth = textWidth(name) + (metric.tags === undefined ? 0 : SUBMETRIC_INDENT);
  const format = { type: metric.values.type, contains: metric.contains, timeUnit: options.timeUnit };
  const base = { metric, name, nameWidth };
  if (metric.values.type !== 'trend') {
    const [value = '', ...extras] = plainCells(metric, format, options.rateStyle);
    return { ...base, value, extras };
  }
  const { trend } = metric.values;
  return { ...base, value: '', extras: [], trend: options.stats.map((stat) => statText(stat, stat.of(trend), format)) };
}

function statText(stat: TrendStat, value: number | undefined, format: ValueFormat): string {
  if (value === undefined) return 'n/a';
  return stat.name === 'count' ? String(value) : formatValue(value, format);
}

/** The value, followed by its extras. */
function plainCells(metric: SummaryMetric, format: ValueFormat, rateStyle: RowOptions['rateStyle']): string[] {
  const { values } = metric;
  switch (values.type) {
    case 'counter':
      return [formatValue(values.count, format), `${formatValue(values.perSecond, format)}/s`];
    case 'gauge':
      return [
        formatValue(values.value, format),
        `min=${formatValue(values.min, format)}`,
        `max=${formatValue(values.max, format)}`,
      ];
    case 'rate':
      return [
        formatValue(values.share, format),
        ...(rateStyle === 'marks'
          ? [`✓ ${values.passes}`, `✗ ${values.fails}`]
          : [`${values.passes} out of ${values.passes + values.fails}`]),
      ];
    case 'trend':
      return [];
  }
}

function columnWidths(cells: readonly Cells[], stats: number): Widths {
  const widest = (texts: readonly (string | undefined)[]): number =>
    Math.max(0, ...texts.map((text) => textWidth(text ?? '')));
  return {
    name: Math.max(0, ...cells.map((row) => row.nameWidth)),
    value: widest(cells.map((row) => row.value)),
    trend: Array.from({ length: stats }, (_, column) => widest(cells.map((row) => row.trend?.[column]))),
    // A single extra is not padded, but k6 includes it when it aligns the others.
    extras: [0, 1].map((column) => widest(cells.map((row) => row.extras[column]))),
  };
}

function trendText(values: readonly string[], widths: Widths, { stats, palette }: RowOptions): string {
  const columns = values.map((value, column) => {
    const padding = ' '.repeat((widths.trend[column] ?? 0) - textWidth(value));
    return `${stats[column]?.name ?? ''}=${palette.value(value)}${padding}`;
  });
  return columns.join(' ');
}

function plainText({ value, extras }: Cells, widths: Widths, palette: Palette): string {
  const padded = palette.value(value) + ' '.repeat(widths.value - textWidth(value));
  if (extras.length === 1) return `${padded} ${palette.extra(extras[0] ?? '')}`;
  return [padded, ...extras.map((extra, column) => palette.extra(padRight(extra, widths.extras[column] ?? 0)))].join(
    ' ',
  );
}
