import type { Comparison } from '../compare/comparison.js';

const HEAD = [
  'gate',
  'verdict',
  'unit',
  'base',
  'new',
  'change',
  'low',
  'high',
  'base_runs',
  'new_runs',
  'base_samples',
  'new_samples',
  'reasons',
];

/**
 * Renders a comparison as CSV (RFC 4180), one row per gate. Changes are ratios: .1 is 10 % more.
 */
export function renderComparisonCsv({ gates }: Comparison): string {
  const rows = gates.map(({ gate, verdict, unit, base, next, change, interval, reasons }) => [
    gate.text,
    verdict,
    unit,
    base.value,
    next.value,
    change,
    interval?.low ?? null,
    interval?.high ?? null,
    base.runs,
    next.runs,
    base.samples,
    next.samples,
    reasons.join('; '),
  ]);
  return [HEAD, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

function cell(value: string | number | null): string {
  const text = value === null ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
