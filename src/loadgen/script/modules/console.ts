import type { ScriptLog, ScriptLogLevel } from '../runtime/script-log.js';

/** The global `console`: a line of k6's log for each call. */
export function createConsole(log: ScriptLog): Readonly<Record<string, unknown>> {
  const write =
    (level: ScriptLogLevel) =>
    (...args: unknown[]): void =>
      log.write({ level, text: args.map(textOf).join(' '), source: 'console' });
  const info = write('info');
  return {
    log: info,
    info,
    debug: write('debug'),
    trace: write('debug'),
    warn: write('warning'),
    error: write('error'),
  };
}

/**
 * Texts as they are, errors by name and message without our stack, everything else as JSON where it
 * has a JSON.
 */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof Error) return String(value);
  if (typeof value === 'function') return '[object Function]';
  if (typeof value !== 'object' || value === null) return String(value);
  try {
    return JSON.stringify(value) ?? '[object Object]';
  } catch {
    return '[object Object]';
  }
}
