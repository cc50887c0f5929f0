import { largest } from '../../core/largest.js';
import type { HealthRecord, MetricDefinition } from '../../run-file/records.js';
import { formatBytes, formatNumber, formatShare, formatTime } from '../terminal/format-value.js';
import type { LiveHistory, LivePoint, RunSnapshot } from './run-snapshot.js';
import { createPalette, type Palette } from '../terminal/palette.js';
import { sparkline } from '../sections/schedule-chart.js';
import { padLeft, padRight, textWidth } from '../terminal/text-width.js';

export interface LiveScreenOptions {
  readonly colour: boolean;
  readonly columns: number;
  /** Lines that there is room for; what does not fit is left out from the bottom. */
  readonly rows: number;
}

/** One row: what it is, its figures, and what it was like over the last seconds. */
interface LiveRow {
  readonly name: string;
  readonly cells: readonly string[];
  readonly curve: readonly (number | undefined)[];
}

const LONGEST_CURVE = 60;
const LEAST_CURVE = 8;
const INDENT = '  ';

/**
 * A run as it goes: rates, response times of the last second, checks, thresholds and how the
 * generator does. No line is wider than the terminal; without newlines.
 */
export function renderLiveScreen(history: LiveHistory, { colour, columns, rows }: LiveScreenOptions): string[] {
  const { latest, seconds } = history;
  if (latest === undefined) return [];
  const palette = createPalette(colour);
  const room = Math.max(20, columns);
  const lines = [
    ...section('a second', [], rateRows(latest, seconds), { palette, columns: room }),
    ...section('response time', ['p50', 'p90', 'p99', 'max'], latencyRows(latest, seconds), { palette, columns: room }),
    ...thresholdLines(latest, palette, room),
    healthLine(latest.health, palette, room),
    '',
  ];
  return lines.slice(0, Math.max(0, rows));
}

function rateRows({ header, totals }: RunSnapshot, seconds: readonly LivePoint[]): LiveRow[] {
  const definitions = new Map(header.metrics.map((metric) => [metric.name, metric]));
  const counters = Object.keys(totals.counters).toSorted();
  const rows = counters.map((name) => {
    const curve = seconds.map(({ rates }) => rates.get(name));
    return { name, cells: [`${countText(curve.at(-1) ?? 0, definitions.get(name))}/s`], curve };
  });
  const users = seconds.map(({ vus }) => vus);
  const shares = Object.keys(totals.rates).toSorted();
  return [
    { name: 'vus', cells: [String(users.at(-1) ?? 0)], curve: users },
    ...rows,
    ...shares.map((name) => {
      const curve = seconds.map((point) => point.shares.get(name));
      return { name, cells: [formatShare(curve.at(-1) ?? 0)], curve };
    }),
  ];
}

function latencyRows({ totals, latencies }: RunSnapshot, seconds: readonly LivePoint[]): LiveRow[] {
  const times = Object.entries(totals.trends).filter(([, { sketch }]) => sketch === undefined);
  return times
    .map(([name]) => name)
    .toSorted()
    .map((name) => {
      const now = latencies.get(name);
      const cells =
        now === undefined ? ['-', '-', '-', '-'] : [now.p50, now.p90, now.p99, now.max].map((ms) => formatTime(ms));
      return { name, cells, curve: seconds.map((point) => point.latencies.get(name)?.p99) };
    });
}

/**
 * A title with the names of its columns, then the rows, each with its curve in bars of its own
 * height.
 */
function section(
  title: string,
  heads: readonly string[],
  rows: readonly LiveRow[],
  { palette, columns }: { readonly palette: Palette; readonly columns: number },
): string[] {
  if (rows.length === 0) return [];
  const nameWidth = Math.max(textWidth(title) - INDENT.length, ...rows.map(({ name }) => textWidth(name)));
  const cellWidths = (rows[0]?.cells ?? []).map((_, at) =>
    Math.max(textWidth(heads[at] ?? ''), ...rows.map(({ cells }) => textWidth(cells[at] ?? ''))),
  );
  const align = (cells: readonly string[]): string =>
    cellWidths.map((width, at) => padLeft(cells[at] ?? '', width)).join('  ');
  const left = nameWidth + INDENT.length;
  const figuresWidth = align([]).length + 2;
  const curveWidth = Math.min(LONGEST_CURVE, columns - left - figuresWidth - 3);
  const line = ({ name, cells, curve }: LiveRow): string => {
    const head = `${INDENT}${padRight(name, nameWidth)}  `;
    if (textWidth(head) + figuresWidth - 2 > columns) return cut(`${head}${align(cells)}`, columns);
    const shown = curve.slice(-Math.max(0, curveWidth));
    const bars = curveWidth < LEAST_CURVE ? '' : `  ${sparkline(shown, largest(curve.map((value) => value ?? 0)))}`;
    return `${head}${palette.value(align(cells))}${palette.extra(bars)}`;
  };
  const head = cut(`${padRight(title, left)}  ${align(heads)}`.trimEnd(), columns);
  return [palette.strong(head), ...rows.map(line), ''];
}

function thresholdLines({ thresholds }: RunSnapshot, palette: Palette, columns: number): string[] {
  if (thresholds.length === 0) return [];
  const lines = thresholds.map(({ series, expression, ok }) => {
    const text = cut(`${INDENT}${ok ? '✓' : '✗'} ${series} ${expression}`, columns);
    return ok ? palette.pass(text) : palette.fail(text);
  });
  return [palette.strong('thresholds'), ...lines, ''];
}

function healthLine(
  { verdict, eventLoopUse, scheduleLag, cpuProcess, rssBytes }: HealthRecord,
  palette: Palette,
  columns: number,
): string {
  const figures = [
    `event loop ${Math.round(eventLoopUse * 100)}%`,
    `lag p99 ${formatTime(scheduleLag.p99)}`,
    `CPU ${cpuProcess.toFixed(2)}`,
    formatBytes(rssBytes),
  ];
  const text = cut(`generator  ${verdict}: ${figures.join(', ')}`, columns);
  if (verdict === 'healthy') return palette.pass(text);
  return verdict === 'strained' ? palette.warn(text) : palette.fail(text);
}

function countText(value: number, definition: MetricDefinition | undefined): string {
  return definition?.contains === 'data' ? formatBytes(Math.round(value)) : formatNumber(value, value < 10 ? 1 : 0);
}

function cut(text: string, columns: number): string {
  return textWidth(text) <= columns
    ? text
    : `${Array.from(text)
        .slice(0, columns - 1)
        .join('')}…`;
}
