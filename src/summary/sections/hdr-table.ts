import { largest } from '../../core/largest.js';
import type { Histogram } from '../../core/histogram/histogram.js';
import type { HistogramKind, Run } from '../../run-file/records.js';
import { formatTime, type TimeUnit } from '../terminal/format-value.js';
import { createPalette, type Palette } from '../terminal/palette.js';
import { textWidth, wrapWords } from '../terminal/text-width.js';
import { renderTable, widthOfTable } from '../terminal/table.js';

export interface HdrTableOptions {
  /** Width of the terminal. */
  readonly columns: number;
  readonly colour: boolean;
  readonly timeUnit?: TimeUnit;
}

/** The percentiles of every latency table, exports included. */
export const TABLE_PERCENTILES = [50, 75, 90, 95, 99, 99.9, 99.99] as const;
/** Number of samples that a percentile needs above it: p99 needs 1,000 samples, p99.9 10,000. */
const WANTED_ABOVE = 10;

const KINDS: readonly HistogramKind[] = ['response', 'service', 'lag'];
const FEW_MARK = '*';

/** One latency distribution of a run. */
export interface LatencySeries {
  readonly name: string;
  readonly kind: HistogramKind;
  readonly histogram: Histogram;
}

/** A series as a row of the table. */
interface LatencyRow {
  readonly name: string;
  /** Text of each column. */
  readonly cells: readonly string[];
  /** Width of the widest of name and cells, in columns of the terminal. */
  readonly width: number;
  readonly isThin: boolean;
  readonly remarks: readonly string[];
}

interface Column {
  readonly title: string;
  readonly cell: (histogram: Histogram) => string;
}

/**
 * Yields the histograms of all trends with samples, by name; `service` and `lag` follow their
 * `response`. One after the other, since all at once may take gigabytes.
 */
export function* latencySeries(run: Run): Generator<LatencySeries> {
  const trends = Object.entries(run.end.totals.trends).sort(([left], [right]) => left.localeCompare(right));
  for (const [name, trend] of trends) {
    for (const kind of KINDS) {
      const histogram = trend.histograms[kind];
      if (histogram !== undefined && histogram.count > 0) yield { name, kind, histogram };
    }
  }
}

/** Whether there are too few samples above a percentile for it to be reliable. */
export function hasFewAbove(count: number, percentile: number): boolean {
  // Computed in whole thousandths of a percent, since 100 - 99.9 is not 0.1 in doubles.
  return count * Math.round((100 - percentile) * 1000) < WANTED_ABOVE * 100_000;
}

/**
 * Renders latency tables of all trends: one row per trend if that fits the terminal, otherwise one
 * column per trend; '' without samples. Ends with a newline.
 */
export function renderHdrTables(run: Run, options: HdrTableOptions): string {
  const columns = tableColumns(options.timeUnit);
  const rows: LatencyRow[] = [];
  for (const series of latencySeries(run)) rows.push(rowOf(series, columns));
  if (rows.length === 0) return '';
  const palette = createPalette(options.colour);
  const titles = columns.map(({ title }) => title);
  const isFitting = wideWidth(titles, rows) <= options.columns;
  const tables = isFitting ? wideForm(titles, rows, palette) : turnedForms(titles, rows, { ...options, palette });
  const lines = [palette.strong('latency'), tables, ...remarks(rows, options.columns, palette)];
  return `${lines.join('\n')}\n`;
}

function rowOf(series: LatencySeries, columns: readonly Column[]): LatencyRow {
  const { histogram } = series;
  const name = rowName(series);
  const cells = columns.map(({ cell }) => cell(histogram));
  const { count, overflow, refused } = histogram;
  return {
    name,
    cells,
    width: Math.max(...[name, ...cells].map(textWidth)),
    isThin: TABLE_PERCENTILES.some((percentile) => hasFewAbove(count, percentile)),
    remarks: [
      ...(overflow > 0 ? [`${name}: ${overflow} values above 1h count as 1h in the percentiles`] : []),
      ...(refused > 0 ? [`${name}: ${refused} values were not valid times and are left out`] : []),
    ],
  };
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

/** The width of the table with one row per trend. */
function wideWidth(titles: readonly string[], rows: readonly LatencyRow[]): number {
  const names = largest(rows.map(({ name }) => textWidth(name)));
  const cells = titles.map((title, at) => largest([title, ...rows.map((row) => row.cells[at] ?? '')].map(textWidth)));
  return widthOfTable([names, ...cells]);
}

/** Draws one row per trend. */
function wideForm(titles: readonly string[], rows: readonly LatencyRow[], palette: Palette): string {
  return drawTable(
    ['', ...titles],
    rows.map(({ name, cells }) => [name, ...cells]),
    palette,
  );
}

/** Draws one column per trend, and as many trends per table as fit; at least one. */
function turnedForms(
  titles: readonly string[],
  rows: readonly LatencyRow[],
  options: { readonly columns: number; readonly palette: Palette },
): string {
  const titleWidth = largest(titles.map(textWidth));
  const tables: string[] = [];
  for (let from = 0; from < rows.length;) {
    const beside = rows.slice(from, from + options.columns);
    let count = 1;
    const widthOf = (few: number): number =>
      widthOfTable([titleWidth, ...beside.slice(0, few).map(({ width }) => width)]);
    while (count < beside.length && widthOf(count + 1) <= options.columns) count += 1;
    tables.push(turnedForm(titles, beside.slice(0, count), options.palette));
    from += count;
  }
  return tables.join('\n');
}

function turnedForm(titles: readonly string[], rows: readonly LatencyRow[], palette: Palette): string {
  const head = ['', ...rows.map(({ name }) => name)];
  const lines = titles.map((title, at) => [title, ...rows.map(({ cells }) => cells[at] ?? '')]);
  return drawTable(head, lines, palette);
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

function remarks(rows: readonly LatencyRow[], columns: number, palette: Palette): string[] {
  const thin = `${FEW_MARK} fewer than ${WANTED_ABOVE} samples above: p99 needs 1,000 samples, p99.9 10,000, p99.99 100,000`;
  const texts = [...(rows.some(({ isThin }) => isThin) ? [thin] : []), ...rows.flatMap((row) => row.remarks)];
  return texts.flatMap((text) => wrapWords(text, columns)).map((line) => palette.faint(line));
}
