import type { Comparison, GateResult } from '../compare/comparison.js';
import { formatChange, formatFigure, formatInterval, VERDICT_MARKS } from './comparison-figures.js';
import { labelsText } from './labels-text.js';
import { notesOf } from './comparison-text.js';

/** A comment on GitHub has at most 65,536 characters; the rest is left for text that a bot adds. */
const MOST_CHARACTERS = 60_000;

/**
 * Renders a comparison as a comment on a pull request: the verdict in the first line, the gates
 * below, everything else folded. Bounded in length.
 */
export function renderComparisonMarkdown(comparison: Comparison): string {
  const { verdict, because, gates, shown, base, next } = comparison;
  const head = `**${VERDICT_MARKS[verdict]} ${verdict}**: ${escaped(because)}\n\n`;
  const rows = gates
    .toSorted((one, other) => rank(one) - rank(other))
    .map(({ gate, base: one, next: other, unit, change, interval, verdict: said }) => [
      `\`${gate.text.replaceAll('`', "'")}\``,
      formatFigure(one.value, unit),
      formatFigure(other.value, unit),
      `${formatChange(change)} ${formatInterval(interval)}`.trim(),
      `${VERDICT_MARKS[said]} ${said}`,
    ]);
  const gateTable = table(['gate', 'base', 'new', 'change', 'verdict'], rows);
  const shownRows = shown.map(({ series, aggregate, unit, base: one, next: other, change }) => [
    escaped(`${series} ${aggregate}`),
    formatFigure(one, unit),
    formatFigure(other, unit),
    formatChange(change),
  ]);
  const runs = [...base.map((run) => ['base', run] as const), ...next.map((run) => ['new', run] as const)];
  const sections = [
    folded(
      'Notes',
      notesOf(comparison)
        .map((note) => `- ${escaped(note)}`)
        .join('\n'),
    ),
    folded('Not judged', shownRows.length === 0 ? '' : table(['figure', 'base', 'new', 'change'], shownRows)),
    folded(
      'Runs',
      runs
        .map(([side, { path, startedAt, health, labels }]) => {
          const told = [path, startedAt, `generator ${health}`, labelsText(labels)].filter((text) => text !== '');
          return `- ${side}: ${escaped(told.join(', '))}`;
        })
        .join('\n'),
    ),
  ];
  return fitted(`${head}${gateTable}`, sections);
}

/**
 * Gates that fail or might fail come first, so that a comment that is too long loses the gates that
 * pass.
 */
function rank({ verdict }: GateResult): number {
  return ['regression', 'invalid', 'unjudged', 'inconclusive'].indexOf(verdict) + 1 || 9;
}

const CUT = '\n(truncated: a comment is limited in size; the other formats are complete)\n';

/**
 * Leaves out whole sections and whole lines that do not fit, and adds a note about it within the
 * limit.
 */
function fitted(first: string, sections: readonly string[]): string {
  const room = MOST_CHARACTERS - CUT.length;
  const isLong = first.length > room;
  let text = isLong ? cutAtLine(first, room) : `${first}\n`;
  let isWhole = !isLong;
  for (const section of sections) {
    if (text.length + section.length <= room) text += section;
    else isWhole = false;
  }
  return isWhole ? text : `${text}${CUT}`;
}

/** Cuts at the end of a line, or within the first line if that alone is too long. */
function cutAtLine(text: string, room: number): string {
  const end = text.lastIndexOf('\n', room - 1);
  return `${text.slice(0, end > 0 ? end : room - 1)}\n`;
}

function folded(title: string, text: string): string {
  return text === '' ? '' : `\n<details><summary>${title}</summary>\n\n${text}\n\n</details>\n`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return `${[line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')}\n`;
}

/** Escapes markup in names that users chose. */
function escaped(text: string): string {
  return text.replaceAll(/[\\`*_[\]<>&#|~@]/g, (character) => `\\${character}`).replaceAll(/\s+/g, ' ');
}
