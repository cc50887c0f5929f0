import { createPalette, textWidth, wrapWords } from '../../summary/index.js';
import type { Trend, TrendFigure, TrendStep } from '../trend/trend-runs.js';
import { formatChange, formatFigure } from './comparison-figures.js';
import { labelsText } from './labels-text.js';

const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;
/** Least range of values that fills the height, so that small differences look small. */
const LEAST_SPAN = 0.2;

/**
 * Renders a series of runs as text: for each figure a line with a mark before each step, and a
 * description of the steps. Ends with a newline.
 */
export function renderTrend(
  { runs, leftOut, figures, warnings }: Trend,
  options: { readonly colour: boolean; readonly columns: number },
): string {
  const palette = createPalette(options.colour);
  const [first, last] = [runs[0], runs.at(-1)];
  const span = `${runs.length} runs, ${first?.startedAt ?? ''} to ${last?.startedAt ?? ''}`;
  const head = wrapWords(span, options.columns).join('\n  ');
  const width = Math.max(0, ...figures.map(({ figure }) => textWidth(figure)));
  const blocks = figures.map((figure) => {
    const newest = formatFigure(figure.values.at(-1) ?? null, figure.unit);
    const line = `${figure.figure.padEnd(width)}  ${sparkOf(figure, options.columns - width - 14)}  ${newest}`;
    const steps = figure.steps.map((step) => {
      const lines = wrapWords(stepInWords(step, figure), options.columns - 4).map(
        (text, at) => `${at === 0 ? '  ' : '    '}${text}`,
      );
      return lines.map(step.isWorse ? palette.fail : palette.pass).join('\n');
    });
    return [line, ...(steps.length === 0 ? ['  no step'] : steps)].join('\n');
  });
  const notes = [...warnings, ...leftOut.map(({ path, reason }) => `left out: ${path}, ${reason}`)].map((note) =>
    wrapWords(`- ${note}`, options.columns - 2).join('\n  '),
  );
  return `${[head, '', ...blocks, ...(notes.length === 0 ? [] : ['', ...notes])].join('\n')}\n`;
}

function stepInWords({ run, change, before, after, isWorse, pValue }: TrendStep, { unit }: TrendFigure): string {
  const way = isWorse ? 'worse' : 'better';
  const figures = `${formatFigure(before, unit)} to ${formatFigure(after, unit)}`;
  const which = [run.startedAt, `wsg ${run.version}`, labelsText(run.labels)].filter((text) => text !== '').join(', ');
  return `${formatChange(change)}, ${way}, since ${run.path} (${which}): ${figures}, p ${pValue.toFixed(3)}`;
}

/**
 * Draws one character per run, whose height is its value between the lowest and the highest, with
 * `|` before a step. If the width is too small, only the newest runs are drawn.
 */
function sparkOf({ values, steps }: TrendFigure, room: number): string {
  const known = values.filter((value) => value !== null);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const span = Math.max(high - low, low * LEAST_SPAN);
  const starts = new Set(steps.map(({ index }) => index));
  const cells = values.map((value, index) => {
    const height = value === null ? 0 : Math.round(((value - low) / span) * (BARS.length - 1));
    return `${starts.has(index) ? '|' : ''}${value === null ? ' ' : (BARS[height] ?? ' ')}`;
  });
  return cells.slice(-Math.max(10, room)).join('');
}
