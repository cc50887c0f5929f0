const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

const PART = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h|d)/y;

/**
 * Parses a duration in the format of k6 and Go to milliseconds: `1m30s`, `0.1ms`, `1d2h`, `0`; a
 * bare number is milliseconds (k6). Undefined if the text is invalid. Source: Go's
 * time.ParseDuration, k6's types.ParseExtendedDuration.
 */
export function parseDuration(text: string): number | undefined {
  const trimmed = text.trim();
  if (/^[+-]?(\d+(\.\d*)?|\.\d+)$/.test(trimmed)) return Number(trimmed);
  const sign = trimmed.startsWith('-') ? -1 : 1;
  const body = trimmed.replace(/^[+-]/, '');
  if (body === '') return undefined;
  let totalMs = 0;
  PART.lastIndex = 0;
  while (PART.lastIndex < body.length) {
    const match = PART.exec(body);
    if (match === null) return undefined;
    totalMs += Number(match[1]) * (UNIT_MS[match[2] ?? ''] ?? Number.NaN);
  }
  return sign * totalMs;
}

/**
 * Formats a duration as Go does, as in the log lines of the previous program and in k6's header:
 * `1m30s`, `100.625µs`, `0s`. Takes milliseconds.
 */
export function formatGoDuration(durationMs: number): string {
  const ns = Math.round(Math.abs(durationMs) * 1e6);
  const sign = durationMs < 0 && ns > 0 ? '-' : '';
  if (ns === 0) return '0s';
  if (ns < 1000) return `${sign}${ns}ns`;
  if (ns < 1_000_000) return `${sign}${trimZeros(ns / 1e3, 3)}µs`;
  if (ns < 1_000_000_000) return `${sign}${trimZeros(ns / 1e6, 6)}ms`;
  return sign + formatLong(ns);
}

function formatLong(ns: number): string {
  const hours = Math.floor(ns / 3.6e12);
  const minutes = Math.floor((ns % 3.6e12) / 6e10);
  const seconds = trimZeros((ns % 6e10) / 1e9, 9);
  if (hours > 0) return `${hours}h${minutes}m${seconds}s`;
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`;
}

function trimZeros(value: number, digits: number): string {
  const text = value.toFixed(digits);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}
