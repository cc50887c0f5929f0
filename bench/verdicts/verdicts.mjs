// npm run verdicts [-- PAIRS]: how often a comparison of synthetic runs says what, where the truth is known; 400 pairs a cell by default.
// Writes docs/reference/verdicts.md. Calls the functions that `wsg report` calls.
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { compareLoaded } from '../../dist/report/compare/compare-runs.js';
import { parseGate } from '../../dist/report/compare/parse-gate.js';
import { CELLS } from './cells.mjs';
import { Draws, syntheticRun } from './synthetic-run.mjs';

const WORDS = ['regression', 'within budget', 'inconclusive', 'improvement', 'invalid'];
const Z = 1.96;

/** Wilson's 95 % bounds of a share. */
function wilson(count, of) {
  const share = count / of;
  const middle = (share + Z ** 2 / (2 * of)) / (1 + Z ** 2 / of);
  const half = (Z / (1 + Z ** 2 / of)) * Math.sqrt((share * (1 - share)) / of + Z ** 2 / (4 * of ** 2));
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}

function gatesOf({ budget = 0.1, gate }) {
  const names = gate === undefined ? ['p(50)', 'p(99)'] : [gate];
  return names.map((name) => parseGate(`ws_rtt ${name} < +${budget * 100}%`, 'flag'));
}

function comparePair(cell, draws) {
  const { perSecond } = cell;
  const side = (count, wishes, name) =>
    Array.from({ length: count }, (_, run) =>
      syntheticRun(draws, `${name}${run}`, { ...(perSecond && { perSecond }), ...wishes }),
    );
  const base = side(cell.runs[0], cell.base, 'base');
  const next = cell.isSame ? base : side(cell.runs[1], cell.next, 'new');
  const { noise = 0.05, budget = 0.1, allowed } = cell;
  return compareLoaded({ base, next }, gatesOf(cell), { budget, noise, allowed, warmupMs: 0 });
}

/** How often each word was said of a cell's pairs. */
export function tryCell(cell, pairs, seed) {
  const draws = new Draws(seed);
  const counts = Object.fromEntries(WORDS.map((word) => [word, 0]));
  let named = 0;
  for (let index = 0; index < pairs; index += 1) {
    const { verdict, stalls } = comparePair(cell, draws);
    counts[verdict] += 1;
    if (stalls.some(({ side, second }) => side === 'new' && second === cell.next.stalledSecond)) named += 1;
  }
  const wants = cell.wants.map((want) => {
    const share = counts[want.of] / pairs;
    const holds = want.is === 'at most' ? share <= want.share : share >= want.share;
    return { ...want, observed: share, holds };
  });
  if (cell.isStall)
    wants.push({ of: 'named', is: 'at least', share: 1, observed: named / pairs, holds: named === pairs });
  return { name: cell.name, counts, wants };
}

const percent = (share) => `${Number((share * 100).toFixed(1))} %`;

function row({ name, counts, wants }, pairs) {
  const shares = WORDS.map((word) => {
    const [low, high] = wilson(counts[word], pairs);
    return counts[word] === 0 ? '0' : `${percent(counts[word] / pairs)} (${percent(low)} to ${percent(high)})`;
  });
  const wanted = wants.map(({ of, is, share }) => `${of} ${is} ${percent(share)}`).join('; ');
  const holds = wants.length === 0 ? '' : wants.every((want) => want.holds) ? 'yes' : 'NO';
  return `| ${[name, ...shares, wanted, holds].join(' | ')} |`;
}

function main() {
  const pairs = Number(process.argv[2] ?? 400);
  if (!Number.isInteger(pairs) || pairs < 1) throw new Error(`${process.argv[2]} is no number of pairs`);
  const results = CELLS.map((cell, index) => {
    const result = tryCell(cell, pairs, 1000 + index);
    console.error(row(result, pairs));
    return result;
  });
  const head = ['truth', ...WORDS, 'required', 'holds'];
  const table = [
    `| ${head.join(' | ')} |`,
    `| ${head.map(() => '---').join(' | ')} |`,
    ...results.map((result) => row(result, pairs)),
  ].join('\n');
  const page = `# What verdicts are worth

\`npm run verdicts\` compares synthetic runs whose truth is known, ${pairs} pairs a cell, with the functions that \`wsg report\` calls, and wrote this page
(Node ${process.version}, ${cpus()[0]?.model}, ${new Date().toISOString().slice(0, 10)}). Times are log-normal (sigma 0.5), 60 s, 1,000 samples a second (3,000 at \`--noise 1%\`); seconds
differ by 5 %. Gates: p(50) and p(99), budget 10 %, noise 5 %, unless said. Behind each share stand Wilson's 95 % bounds. A requirement holds when the observed share does.

${table}
`;
  writeFileSync(join(import.meta.dirname, '../../docs/reference/verdicts.md'), page);
  console.log(page);
  process.exitCode = results.every(({ wants }) => wants.every(({ holds }) => holds)) ? 0 : 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main();
