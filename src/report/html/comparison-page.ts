import type { ComparedRun, Comparison, GateResult, ShownFigure } from '../compare/comparison.js';
import type { LoadedComparison } from '../compare/compare-runs.js';
import { formatChange, formatFigure, formatInterval, VERDICT_MARKS } from '../render/comparison-figures.js';
import { labelsText } from '../render/labels-text.js';
import { notesOf } from '../render/comparison-text.js';
import { escapeHtml } from '../../core/markup.js';
import { renderPage } from './page-shell.js';
import { dataOfComparison } from './page-data.js';

const BAR_WIDTH = 180;
const BAR_HEIGHT = 16;
/** Range of the bar to both sides, in budgets. */
const REACH = 2.5;

/** Renders a comparison as one self-contained HTML file. Throws the errors of `readRun`. */
export async function renderHtmlComparison(loaded: LoadedComparison): Promise<Iterable<string>> {
  const { comparison } = loaded;
  const { verdict, because, gates, shown, base, next } = comparison;
  const body = [
    `<header><h1><span class="verdict ${classOf(verdict)}">${VERDICT_MARKS[verdict]} ${verdict}</span></h1>`,
    `<p>${escapeHtml(because)}</p>`,
    `<p class="soft">${escapeHtml(scenarios([...base, ...next]))}: ${runsInWords(base)} against ${runsInWords(next)}</p></header>`,
    `<h2>gates</h2>${gateTable(gates)}`,
    notes(comparison),
    shownTable(shown),
    runTable(base, next),
  ];
  return renderPage(`${verdict}: ${scenarios(next)}`, body.join('\n'), await dataOfComparison(loaded));
}

function scenarios(runs: readonly ComparedRun[]): string {
  return [...new Set(runs.map(({ scenario }) => scenario))].join(', ');
}

function runsInWords(runs: readonly ComparedRun[]): string {
  return runs.length === 1 ? '1 run' : `${runs.length} runs`;
}

function gateTable(gates: readonly GateResult[]): string {
  const rows = gates.map(({ gate, unit, base, next, change, interval, verdict, reasons }) => [
    `<td><code>${escapeHtml(gate.text)}</code></td>`,
    ...[formatFigure(base.value, unit), formatFigure(next.value, unit)].map(numberCell),
    numberCell(`${formatChange(change)} ${formatInterval(interval)}`),
    `<td class="${classOf(verdict)}">${intervalBar({ gate, interval, change })}</td>`,
    `<td class="verdict ${classOf(verdict)}">${VERDICT_MARKS[verdict]} ${verdict}</td>`,
    `<td class="soft">${reasons.map(escapeHtml).join('; ')}</td>`,
  ]);
  return table(['gate', 'base', 'new', 'change', 'change and budget', 'verdict', 'reason'], rows);
}

/**
 * Draws the interval of a change: the grey area is the budget, the line the interval, the dot the
 * change.
 */
function intervalBar({ gate, interval, change }: Pick<GateResult, 'gate' | 'interval' | 'change'>): string {
  const { budget } = gate;
  if (budget === undefined || budget === 0 || interval === null || change === null) return '';
  const half = BAR_WIDTH / 2;
  const place = (value: number): number => {
    const shift = Math.max(-1, Math.min(1, value / (budget * REACH)));
    return Math.round(half + shift * (half - 5));
  };
  const [low, high] = [place(-budget), place(budget)];
  const said = `${formatChange(change)} ${formatInterval(interval)}, budget ${formatChange(budget)}`;
  return [
    `<svg class="bar" width="${BAR_WIDTH}" height="${BAR_HEIGHT}" role="img" aria-label="${escapeHtml(said)}">`,
    `<rect class="budget" x="${low}" y="0" width="${high - low}" height="${BAR_HEIGHT}"/>`,
    `<line class="zero" x1="${half}" y1="0" x2="${half}" y2="${BAR_HEIGHT}"/>`,
    `<line class="interval" x1="${place(interval.low)}" y1="8" x2="${place(interval.high)}" y2="8"/>`,
    `<circle class="effect" cx="${place(change)}" cy="8" r="5"/></svg>`,
  ].join('');
}

function notes(comparison: Comparison): string {
  const all = notesOf(comparison);
  return all.length === 0 ? '' : `<h2>notes</h2><ul>${all.map((note) => `<li>${escapeHtml(note)}</li>`).join('')}</ul>`;
}

function shownTable(shown: readonly ShownFigure[]): string {
  if (shown.length === 0) return '';
  const rows = shown.map(({ series, aggregate, unit, base, next, change }) => [
    `<td><code>${escapeHtml(`${series} ${aggregate}`)}</code></td>`,
    ...[formatFigure(base, unit), formatFigure(next, unit), formatChange(change)].map(numberCell),
  ]);
  const all = table(['figure', 'base', 'new', 'change'], rows);
  return `<details><summary>not judged (${shown.length})</summary>${all}</details>`;
}

function runTable(base: readonly ComparedRun[], next: readonly ComparedRun[]): string {
  const row = (side: string, run: ComparedRun): string[] => [
    `<td>${side}</td>`,
    ...[run.path, labelsText(run.labels), run.startedAt, `wsg ${run.version}, Node ${run.node}`, run.machine].map(
      (text) => `<td>${escapeHtml(text)}</td>`,
    ),
    `<td class="${run.health}">${run.health}</td>`,
  ];
  const rows = [...base.map((run) => row('base', run)), ...next.map((run) => row('new', run))];
  return `<h2>runs</h2>${table(['side', 'file', 'labels', 'started', 'version', 'machine', 'generator'], rows)}`;
}

/** Renders a table; its cells are HTML already. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const titles = head.map((title) => `<th scope="col">${title}</th>`).join('');
  const lines = rows.map((cells) => `<tr>${cells.join('')}</tr>`).join('\n');
  return `<div class="wide"><table><thead><tr>${titles}</tr></thead><tbody>${lines}</tbody></table></div>`;
}

function numberCell(text: string): string {
  return `<td class="number">${escapeHtml(text)}</td>`;
}

function classOf(verdict: string): string {
  return verdict.replaceAll(' ', '-');
}
