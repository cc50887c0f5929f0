import type { ScriptLogLine } from '../loadgen/index.js';

/** Formats of log lines in a pipe or a file. */
export const LOG_FORMATS = ['logfmt', 'json', 'raw'] as const;

/** Formats of log lines; `terminal` is k6's short form. */
export type LineFormat = (typeof LOG_FORMATS)[number] | 'terminal';

/** One line of a load test's log. */
export interface LogLine extends ScriptLogLine {
  /** The remedy. */
  readonly hint?: string;
  /** Whether the line is from another process, which `source` names. */
  readonly isRelayed?: boolean;
}

const SHORT = { debug: 'DEBU', info: 'INFO', warning: 'WARN', error: 'ERRO' } as const;
const PADDED_CHARACTERS = 60;

/**
 * Renders a line in k6's format, with its newline. `elapsedMs` is the age of the run, `at` the
 * wall-clock time.
 */
export function renderLogLine(
  line: LogLine,
  format: LineFormat,
  { elapsedMs, at }: { readonly elapsedMs: number; readonly at: Date },
): string {
  const time = at.toISOString().replace(/\.\d+Z$/, 'Z');
  switch (format) {
    case 'terminal':
      return `${renderShort(line, elapsedMs)}\n`;
    case 'logfmt':
      return `${renderLogfmt(line, time)}\n`;
    case 'json': {
      const record: Record<string, unknown> = { ...fieldsOf(line), level: line.level, msg: line.text, time };
      return `${JSON.stringify(record, Object.keys(record).toSorted())}\n`;
    }
    case 'raw':
      return `${line.text}\n`;
  }
}

function renderShort({ hint, ...line }: LogLine, elapsedMs: number): string {
  if (line.isRelayed === true) return `${line.source} | ${line.text}`;
  const second = String(Math.floor(elapsedMs / 1000)).padStart(4, '0');
  const text = `${SHORT[line.level]}[${second}] ${line.text}`;
  const fields = logfmt(fieldsOf(line));
  const shown = fields.length === 0 ? text : [text.padEnd(PADDED_CHARACTERS), ...fields].join(' ');
  return hint === undefined ? shown : `${shown}\n${hint}`;
}

function renderLogfmt(line: LogLine, time: string): string {
  // k6 leaves an empty message out.
  const message = line.text === '' ? [] : [`msg=${quoted(line.text)}`];
  return [`time="${time}" level=${line.level}`, ...message, ...logfmt(fieldsOf(line))].join(' ');
}

/** Fields of a line besides level, text and time, sorted as in k6. */
function fieldsOf(line: LogLine): Readonly<Record<string, string | number>> {
  const { error, executor, scenario, source, hint, fields } = line;
  const all = { ...fields, error, executor, scenario, source, hint };
  const given = Object.entries(all).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const]));
  return Object.fromEntries(given.toSorted(([left], [right]) => (left < right ? -1 : 1)));
}

function logfmt(fields: Readonly<Record<string, string | number>>): string[] {
  return Object.entries(fields).map(([key, value]) => `${key}=${quoted(String(value))}`);
}

/** Quotes values with special characters, as logfmt does. */
function quoted(text: string): string {
  return /^[\w.\-/@^+]*$/.test(text) ? text : JSON.stringify(text);
}
