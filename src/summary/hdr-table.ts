import type { Histogram } from '../core/histogram.js';
import type { HistogramKind, Run } from '../run-file/records.js';
import { formatTime, type TimeUnit } from './format-value.js';
import { createPalette, type Palette } from './palette.js';
import { renderTable, tableWidth } from './table.js';
import { wrapWords } from './text-width.js';

export interface HdrTableOptions {
  /** Width of the terminal. */
  readonly columns: number;
  readonly colour: boolean;
  readonly timeUnit?: TimeUnit;
}

/** The percentiles of every latency table, exports included. */
export const TABLE_PERCENTILES = [50, 75, 90, 95, 99, 99.9, 99.99] as const;
/** A percentile is only as good as the samples above it: p99 wants 1,000 samples, p99.9 10,000. */
const WANTED_ABOVE = 10;

const KINDS: readonly HistogramKind[] = ['response', 'service', 'lag'];
const FEW_MARK = '*';

/** One latency distribution of a run. */
export interface LatencySeries {
  readonly name: string;
  readonly kind: HistogramKind;
  readonly histogram: Histogram;
}

interface Column {
  readonly title: string;
  readonly cell: (histogram: Histogram) => string;
}

/** Every trend's histograms that hold samples, by name; `service` and `lag` behind their `response`. */
export function latencySeries(run: Run): LatencySeries[] {
  return Object.entries(run.end.totals.trends)
    .sort(([left], [right]) => left.localeCompare(right))
    .flatMap(([name, trend]) =>
      KINDS.flatMap((kind) => {
        const histogram = trend.histograms[kind];
        return histogram === undefined || histogram.count === 0 ? [] : [{ name, kind, histogram }];
      }),
    );
}

/** Whether so few samples lie above a percentile that it says little. */
export function hasFewAbove(count: number, percentile: number): boolean {
  // In whole thousandths of a percent, for 100 - 99.9 is not 0.1 in doubles.
  return count * Math.round((100 - percentile) * 1000) < WANTED_ABOVE * 100_000;
}

/** Latency tables of all trends: one row a trend where that fits the terminal, else one column a trend; '' when no trend holds a sample. Ends in a newline. */
export function renderHdrTables(run: Run, options: HdrTableOptions): string {
  const series = latencySeries(run);
  if (series.length === 0) return '';
  const palette = createPalette(options.colour);
  const columns = tableColumns(options.timeUnit);
  const wide = wideForm(series, columns, palette);
  const fitting = tableWidth(wide) <= options.columns ? wide : turnedForms(series, columns, { ...options, palette });
  const lines = [palette.strong('latency'), fitting, ...remarks(series, options.columns, palette)];
  return `${lines.join('\n')}\n`;
}

function tableColumns(unit: TimeUnit | undefined): Column[] {
  const time = (value: number): string => formatTime(value, unit);
  return [
    ...TABLE_PERCENTILES.map((percentile) => ({
      title: `p${percentile}`,
      cell: (histogram: Histogram) =>
        time(histogram.valueAtPercentile(percentile)) + (hasFewAbove(histogram.count, percentile) ? FEW_MARK : ''),
    })),
    { title: 'max', cell: (histogram) => time(histogram.max) },
    { title: 'count', cell: (histogram) => String(histogram.count) },
    { title: 'mean', cell: (histogram) => time(histogram.mean) },
    { title: 'stddev', cell: (histogram) => time(histogram.standardDeviation) },
  ];
}

/** One row a trend. */
function wideForm(series: readonly LatencySeries[], columns: readonly Column[], palette: Palette): string {
  const head = ['', ...columns.map(({ title }) => title)];
  const rows = series.map((one) => [rowName(one), ...columns.map(({ cell }) => cell(one.histogram))]);
  return drawTable(head, rows, palette);
}

/** One column a trend, and as many trends to a table as fit beside each other; one at least. */
function turnedForms(
  series: readonly LatencySeries[],
  columns: readonly Column[],
  options: { readonly columns: number; readonly palette: Palette },
): string {
  const tables: string[] = [];
  let rest = series;
  while (rest.length > 0) {
    let count = rest.length;
    let table = turnedForm(rest, columns, options.palette);
    while (count > 1 && tableWidth(table) > options.columns) {
      count -= 1;
      table = turnedForm(rest.slice(0, count), columns, options.palette);
    }
    tables.push(table);
    rest = rest.slice(count);
  }
  return tables.join('\n');
}

function turnedForm(series: readonly LatencySeries[], columns: readonly Column[], palette: Palette): string {
  const head = ['', ...series.map(rowName)];
  const rows = columns.map(({ title, cell }) => [title, ...series.map(({ histogram }) => cell(histogram))]);
  return drawTable(head, rows, palette);
}

function rowName({ name, kind }: LatencySeries): string {
  return kind === 'response' ? name : `${name} ${kind}`;
}

function drawTable(head: readonly string[], rows: readonly string[][], palette: Palette): string {
  return renderTable(
    head.map((title) => palette.strong(title)),
    rows.map(([name = '', ...cells]) => [name, ...cells.map((cell) => colourCell(cell, palette))]),
    head.map((_, column) => (column === 0 ? 'left' : 'right')),
  );
}

function colourCell(cell: string, palette: Palette): string {
  return cell.endsWith(FEW_MARK) ? palette.faint(cell) : palette.value(cell);
}

function remarks(series: readonly LatencySeries[], columns: number, palette: Palette): string[] {
  const texts: string[] = [];
  if (series.some(({ histogram }) => TABLE_PERCENTILES.some((p) => hasFewAbove(histogram.count, p)))) {
    texts.push(
      `${FEW_MARK} fewer than ${WANTED_ABOVE} samples lie above: p99 wants 1,000 samples, p99.9 10,000, p99.99 100,000`,
    );
  }
  for (const one of series) {
    const { overflow, refused } = one.histogram;
    if (overflow > 0) texts.push(`${rowName(one)}: ${overflow} values above 1h stand in the percentiles as 1h`);
    if (refused > 0) texts.push(`${rowName(one)}: ${refused} values were no times and are left out`);
  }
  return texts.flatMap((text) => wrapWords(text, columns)).map((line) => palette.faint(line));
}
