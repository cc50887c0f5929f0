import { createPalette, type Palette } from '../summary/index.js';

/** One thing that was looked at, as a line for people. */
export interface Verdict {
  readonly level: 'ok' | 'warning' | 'failed' | 'unknown';
  /** Its first line, after the mark. */
  readonly text: string;
  /** Lines below it. */
  readonly more: readonly string[];
}

const MARKS = { ok: '✓', warning: '!', failed: '✗', unknown: '?' } as const;

/** A line for each, with its mark, and what belongs to it indented below. */
export function verdictLines(verdicts: readonly Verdict[], colour: boolean): string {
  const palette = createPalette(colour);
  return verdicts.map((verdict) => verdictText(verdict, palette)).join('');
}

function verdictText({ level, text, more }: Verdict, palette: Palette): string {
  const paint = { ok: palette.pass, warning: palette.warn, failed: palette.fail, unknown: palette.faint }[level];
  return `${paint(MARKS[level])} ${text}\n${more.map((line) => `    ${line}\n`).join('')}`;
}
