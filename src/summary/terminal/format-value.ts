import type { MetricContains, MetricType } from '../../run-file/records.js';

/** Unit of `--summary-time-unit` for all times; without it, each time has a suitable unit. */
export type TimeUnit = 's' | 'ms' | 'us';

/** Properties that determine the format of a value. */
export interface ValueFormat {
  readonly type: MetricType;
  readonly contains: MetricContains;
  readonly timeUnit?: TimeUnit;
}

const FIXED_UNITS = {
  s: { perMs: 0.001, label: 's' },
  ms: { perMs: 1, label: 'ms' },
  us: { perMs: 1000, label: 'µs' },
} as const;

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB', 'ZB', 'YB'] as const;

/** Formats a value as k6 does. Times are milliseconds, a rate's value is from 0 to 1. */
export function formatValue(value: number, format: ValueFormat): string {
  if (format.type === 'rate') return formatShare(value);
  switch (format.contains) {
    case 'data':
      return formatBytes(value);
    case 'time':
      return formatTime(value, format.timeUnit);
    case 'default':
      return formatNumber(value, 6);
  }
}

/**
 * Formats a share as a percentage with two digits, truncated and not rounded, so that 100.00% means
 * all.
 */
export function formatShare(share: number): string {
  return `${(Math.trunc(share * 10_000) / 100).toFixed(2)}%`;
}

/** Formats bytes in units of 1,000: `797 B`, `3.2 kB`, `168 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 10) return `${bytes} B`;
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < BYTE_UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const rounded = Math.floor(value * 10 + 0.5) / 10;
  return `${rounded.toFixed(rounded < 10 ? 1 : 0)} ${BYTE_UNITS[unit]}`;
}

/**
 * Formats milliseconds as k6 does: truncated to two digits in a suitable unit, or rounded to two
 * digits in the given unit.
 */
export function formatTime(timeMs: number, unit?: TimeUnit): string {
  if (unit !== undefined) return `${(timeMs * FIXED_UNITS[unit].perMs).toFixed(2)}${FIXED_UNITS[unit].label}`;
  if (timeMs === 0) return '0s';
  if (timeMs < 0.001) return `${Math.trunc(timeMs * 1e6)}ns`;
  if (timeMs < 1) return `${cutOff(timeMs * 1000, 2)}µs`;
  if (timeMs < 1000) return `${cutOff(timeMs, 2)}ms`;
  return formatSeconds(timeMs);
}

/** Formats a number with at most this many decimals and without trailing zeros. */
export function formatNumber(value: number, digits: number): string {
  return String(Number(value.toFixed(digits)));
}

function formatSeconds(timeMs: number): string {
  const seconds = `${cutOff((timeMs % 60_000) / 1000, timeMs > 60_000 ? 0 : 2)}s`;
  const minutes = Math.trunc(timeMs / 60_000);
  if (minutes < 1) return seconds;
  const hours = Math.trunc(minutes / 60);
  return hours < 1 ? `${minutes}m${seconds}` : `${hours}h${minutes % 60}m${seconds}`;
}

function cutOff(value: number, digits: number): string {
  const factor = 10 ** digits;
  return formatNumber(Math.trunc(value * factor) / factor, digits);
}
