import { createPalette, type Palette } from '../../summary/terminal/palette.js';
import { wrapWords } from '../../summary/terminal/text-width.js';
import type { Comparison, GateResult, Verdict } from '../compare/comparison.js';
import { aggregateName } from '../compare/gates/parse-gate.js';
import {
  formatChange,
  formatFigure,
  formatInterval,
  formatMore,
  VERDICT_MARKS,
  intervalBar,
} from './comparison-figures.js';
import { labelsText } from './labels-text.js';
import { oneSided } from '../compare/verdict.js';
import { renderTable, tableWidth } from '../../summary/terminal/table.js';

/** A lag below this share of the service time is not shown. */
const SEEN_SHARE = 0.05;

export interface ComparisonTextOptions {
  readonly colour: boolean;
  /** Width of the terminal. */
  readonly columns: number;
}

/**
 * Renders a comparison for a terminal: the verdict, one row per gate, figures that are not judged,
 * and notes. Ends with a newline.
 */
export function renderComparisonText(comparison: Comparison, options: ComparisonTextOptions): string {
  const palette = createPalette(options.colour);
  const { columns } = options;
  const notes = notesOf(comparison).flatMap((note) =>
    wrapWords(note, columns - 2).map((line, row) => `${row === 0 ? '-' : ' '} ${line}`),
  );
  const sections = [
    wrapWords(`${comparison.verdict}: ${comparison.because}`, columns)
      .map((line, row) => (row === 0 ? paint(comparison.verdict, line, palette) : line))
      .join('\n'),
    sidesText(comparison),
    gatesText(comparison, columns, palette),
    shownText(comparison, columns, palette),
    notes.map((line) => palette.faint(line)).join('\n'),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function sidesText({ base, next }: Comparison): string {
  const side = (name: string, runs: Comparison['base']): string =>
    runs.map((run, index) => `${index === 0 ? name : '    '} ${runText(run)}`).join('\n');
  return `${side('base', base)}\n${side('new ', next)}`;
}

/** Formats a run as its file and its labels. */
function runText({ path, labels }: Comparison['base'][number]): string {
  const text = labelsText(labels);
  return text === '' ? path : `${path} (${text})`;
}

function gatesText({ gates }: Comparison, columns: number, palette: Palette): string {
  if (gates.length === 0) return '';
  const head = ['gate', 'base', 'new', 'change', '', 'verdict'].map((title) => palette.strong(title));
  const rows = gates.map((result) => [
    result.gate.text,
    formatFigure(result.base.value, result.unit),
    formatFigure(result.next.value, result.unit),
    `${formatChange(result.change)} ${formatInterval(result.interval)}`.trim(),
    intervalBar(result),
    paint(result.verdict, word(result.verdict), palette),
  ]);
  const table = renderTable(head, rows, ['left', 'right', 'right', 'left', 'left', 'left']);
  return tableWidth(table) <= columns ? table : gates.map((result) => gateBlock(result, palette)).join('\n');
}

/** Formats a gate as a block, for terminals that are too narrow for the table. */
function gateBlock(result: GateResult, palette: Palette): string {
  const { gate, base, next, unit, change, interval, verdict } = result;
  const bar = intervalBar(result);
  return [
    `${paint(verdict, word(verdict), palette)}  ${gate.text}`,
    `    ${formatFigure(base.value, unit)} -> ${formatFigure(next.value, unit)}, ${formatChange(change)} ${formatInterval(interval)}`.trimEnd(),
    ...(bar === '' ? [] : [`    ${bar}`]),
  ].join('\n');
}

function shownText({ shown }: Comparison, columns: number, palette: Palette): string {
  if (shown.length === 0) return '';
  const rows = shown.map(({ series, aggregate, base, next, change, unit }) => [
    `${series} ${aggregate}`,
    formatFigure(base, unit),
    formatFigure(next, unit),
    formatChange(change),
  ]);
  const table = renderTable(
    ['not judged', 'base', 'new', 'change'].map((title) => palette.strong(title)),
    rows,
    ['left', 'right', 'right', 'right'],
  );
  if (tableWidth(table) <= columns) return table;
  return rows
    .map(([name = '', base = '', next = '', change = '']) => `${name}\n    ${base} -> ${next}, ${change}`)
    .join('\n');
}

/**
 * Notes below the tables: reasons, evidence that would resolve a gate, differences, stalls,
 * warnings.
 */
export function notesOf(comparison: Comparison): readonly string[] {
  const { gates, differences, leftOut, stalls, warnings } = comparison;
  return [
    ...gates.flatMap((result) => {
      const bound = result.verdict === 'inconclusive' ? oneSided(result) : '';
      const known = [bound, formatMore(result), serviceOf(result)].filter((text) => text !== '');
      const reasons = [...result.reasons, ...known, ...result.warnings];
      const name = `${result.gate.series} ${aggregateName(result.gate.aggregate)}`;
      return reasons.length === 0 ? [] : [`${name}: ${reasons.join('; ')}`];
    }),
    ...differences
      .filter(({ consequence }) => consequence !== 'invalid')
      .map(({ key, base, next, consequence }) => {
        const allowed = consequence === 'allowed' ? ' (allowed)' : '';
        return `${key} differs: ${base === '' ? 'none' : base} and ${next === '' ? 'none' : next}${allowed}`;
      }),
    ...leftOut.map(({ path, reason }) => `left out: ${path}, ${reason}`),
    ...stalls.map(({ side, path, text }) => `stall in the ${side === 'new' ? 'new run' : 'base'} ${path}, ${text}`),
    ...warnings,
  ];
}

/** The service time, if the generator's own lag is a noticeable part of the response time. */
function serviceOf({ service, verdict }: GateResult): string {
  if (service === undefined || verdict === 'invalid') return '';
  const { base, next, change, interval, lag } = service;
  if (Math.max(lag.base / base, lag.next / next) < SEEN_SHARE) return '';
  const times = `${formatFigure(base, 'ms')} -> ${formatFigure(next, 'ms')}, ${formatChange(change)} ${formatInterval(interval)}`;
  return `service time ${times}, generator lag ${formatFigure(lag.base, 'ms')} -> ${formatFigure(lag.next, 'ms')}`;
}

function word(verdict: Verdict): string {
  return `${VERDICT_MARKS[verdict]} ${verdict}`;
}

function paint(verdict: Verdict, text: string, palette: Palette): string {
  switch (verdict) {
    case 'regression':
    case 'unjudged':
    case 'invalid':
      return palette.fail(text);
    case 'inconclusive':
      return palette.warn(text);
    case 'improvement':
    case 'within budget':
      return palette.pass(text);
  }
}
