import type { GateResult, Interval, Unit, Verdict } from '../compare/comparison.js';
import { formatTime } from '../../summary/terminal/format-value.js';

const HALF = 10;
/** Range of the bar to both sides, in budgets. */
const REACH = 2.5;

/**
 * Draws the interval of a change and its budget as a row of characters: bounds `│`, interval `━`,
 * effect `●`; '' without an interval.
 */
export function intervalBar({ gate, interval, change }: Pick<GateResult, 'gate' | 'interval' | 'change'>): string {
  const { budget } = gate;
  if (budget === undefined || budget === 0 || interval === null || change === null) return '';
  const place = (value: number): number =>
    Math.max(0, Math.min(HALF * 2, Math.round(HALF + (value / (budget * REACH)) * HALF)));
  const cells = Array.from({ length: HALF * 2 + 1 }, () => '·');
  for (let cell = place(interval.low); cell <= place(interval.high); cell += 1) cells[cell] = '━';
  for (const bound of [-budget, budget]) cells[place(bound)] = '│';
  cells[place(change)] = '●';
  return cells.join('');
}

/** Formats a value of a gate with its unit. */
export function formatFigure(value: number | null, unit: Unit): string {
  if (value === null) return '-';
  switch (unit) {
    case 'ms':
      return formatTime(value);
    case 'ratio':
      return `${Number((value * 100).toPrecision(5))}%`;
    case 'per second':
      return `${Number(value.toPrecision(5))}/s`;
    case 'bytes':
      return formatBytes(value);
    case 'bytes per second':
      return `${formatBytes(value)}/s`;
    case '':
      return String(Number(value.toPrecision(6)));
  }
}

/** Formats bytes as k6 does, in powers of 1,000. */
function formatBytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const at = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, value)) / 3)));
  return `${Number((value / 1000 ** at).toPrecision(4))} ${units[at]}`;
}

/** Formats a change with its sign: `+12.3%`. */
export function formatChange(change: number | null): string {
  if (change === null) return '-';
  const percent = change * 100;
  return `${percent >= 0 ? '+' : '-'}${Math.abs(percent).toFixed(1)}%`;
}

/** Formats an interval as `[-3.1%, +12.0%]`; '' without one. */
export function formatInterval(interval: Interval | null): string {
  return interval === null ? '' : `[${formatChange(interval.low)}, ${formatChange(interval.high)}]`;
}

/** Describes the evidence that would resolve an inconclusive gate; '' if it is unknown. */
export function formatMore({ more }: Pick<GateResult, 'more'>): string {
  if (more?.seconds !== undefined) return `runs of about ${more.seconds} s would give an answer`;
  return more?.runs === undefined ? '' : `about ${more.runs} runs per side would give an answer`;
}

/** Symbol before each verdict. */
export const VERDICT_MARKS: Readonly<Record<Verdict, string>> = {
  regression: '✗',
  improvement: '✓',
  'within budget': '✓',
  inconclusive: '?',
  unjudged: '!',
  invalid: '!',
};
