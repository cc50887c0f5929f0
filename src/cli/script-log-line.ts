import type { ScriptLogLine } from '../loadgen/index.js';

const SHORT = { debug: 'DEBU', info: 'INFO', warning: 'WARN', error: 'ERRO' } as const;

/** A line of a script's log as k6 writes it: short on a terminal, logfmt elsewhere. */
export function renderScriptLogLine(
  line: ScriptLogLine,
  at: { readonly isTerminal: boolean; readonly elapsedMs: number },
): string {
  const { level, text, error, source, executor, scenario } = line;
  const fields = Object.entries({ error, executor, scenario, source }).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key}=${quoted(value)}`],
  );
  if (at.isTerminal) {
    const second = String(Math.floor(at.elapsedMs / 1000)).padStart(4, '0');
    return [`${SHORT[level]}[${second}] ${text}`.padEnd(60), ...fields].join(' ');
  }
  const time = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  // k6 leaves an empty message out.
  const message = text === '' ? [] : [`msg=${quoted(text)}`];
  return [`time="${time}" level=${level}`, ...message, ...fields].join(' ');
}

/** logfmt quotes what holds anything but plain characters. */
function quoted(text: string): string {
  return /^[\w.\-/@^+]+$/.test(text) ? text : JSON.stringify(text);
}
