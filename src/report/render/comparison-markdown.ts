import type { Comparison, GateResult } from '../compare/comparison.js';
import { formatChange, formatFigure, formatInterval, VERDICT_MARKS } from './comparison-figures.js';
import { labelsText } from './labels-text.js';
import { notesOf } from './comparison-text.js';

/** A comment on GitHub holds 65,536 characters; below that stays room for what a bot adds. */
const MOST_CHARACTERS = 60_000;

/**
 * A comparison as a comment on a pull request: the verdict in the first line, the gates below,
 * everything else folded. Bounded in length.
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
    folded('Shown, not judged', shownRows.length === 0 ? '' : table(['figure', 'base', 'new', 'change'], shownRows)),
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

/** What stops or might stop stands first: where a comment is cut, the gates that hold are cut. */
function rank({ verdict }: GateResult): number {
  return ['regression', 'invalid', 'unjudged', 'inconclusive'].indexOf(verdict) + 1 || 9;
}

const CUT = '\n(more does not fit into a comment: the other formats have all of it)\n';

/**
 * What does not fit is left out by whole sections and whole lines, and that is said within the
 * bound.
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

/** A first line that is longer than all that fits is cut within it. */
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

/** What users named must not become markup. */
function escaped(text: string): string {
  return text.replaceAll(/[\\`*_[\]<>&#|~@]/g, (character) => `\\${character}`).replaceAll(/\s+/g, ' ');
}
