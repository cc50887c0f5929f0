// npm run bench -- verdicts [PAIRS [PART]]: how often a comparison of synthetic runs says what, where the
// truth is known; 400 pairs a cell by default. With PART only cells whose names contain it, and new
// ones, are tried; the page keeps the other rows. Writes docs/reference/verdicts.md. Calls the
// functions that `wsg report` calls.
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { upToCommit } from '../../dist/report/baseline/runs-up-to.js';
import { compareLoaded } from '../../dist/report/compare/compare-runs.js';
import { parseGate } from '../../dist/report/compare/gates/parse-gate.js';
import { CELLS } from './cells.mjs';
import { Draws, syntheticRun } from './synthetic-run.mjs';

const WORDS = ['regression', 'within budget', 'inconclusive', 'improvement', 'unjudged', 'invalid'];
const Z = 1.96;
const PAGE = join(import.meta.dirname, '../../docs/reference/verdicts.md');

/** Wilson's 95 % bounds of a share. */
function wilson(count, of) {
  const share = count / of;
  const middle = (share + Z ** 2 / (2 * of)) / (1 + Z ** 2 / of);
  const half = (Z / (1 + Z ** 2 / of)) * Math.sqrt((share * (1 - share)) / of + Z ** 2 / (4 * of ** 2));
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}

function gatesOf({ budget = 0.1, gate, gates }) {
  if (gates !== undefined) return gates.map((text) => parseGate(text, 'flag'));
  const names = gate === undefined ? ['p(50)', 'p(99)'] : [gate];
  return names.map((name) => parseGate(`ws_rtt ${name} < +${budget * 100}%`, 'flag'));
}

/**
 * The slowdown of a run: one run of a side may be odd, the runs from one on may be at another
 * level, and each may be a little slower than the one before.
 */
function slowedBy({ odd, level, creep }, run) {
  if (odd?.at === run) return { slower: odd.slower };
  if (level !== undefined) return run < level.from ? {} : { slower: level.slower };
  return creep === undefined ? {} : { slower: (1 + creep) ** run - 1 };
}

const commitOf = (run) => String(run).padStart(40, 'c');
const withCommit = (run, at) => ({ ...run, commit: commitOf(at + 1) });

/** Runs of one side, as the cell and the wishes have them. */
function drawRuns(draws, cell, { count, wishes, name, more }) {
  const { seconds, perSecond = cell.perSecond } = cell.base;
  const all = { ...(perSecond && { perSecond }), ...(seconds && { seconds }) };
  return Array.from({ length: count }, (_, run) =>
    syntheticRun(draws, `${name}${run}`, { ...all, ...wishes, ...slowedBy(wishes, run), ...more }),
  );
}

/**
 * A comparison of a cell's kind of runs; `more` changes both sides' runs, `next` those of the new
 * side.
 */
function comparePair(cell, draws, { more, next: changed, runs = cell.runs } = {}) {
  const saved = drawRuns(draws, cell, { count: runs[0], wishes: cell.base, name: 'base', more });
  const base = cell.at === undefined ? saved : upToCommit(saved.map(withCommit), [commitOf(cell.at)]);
  const wishes = { ...cell.next, ...changed };
  const next = cell.isSame ? base : drawRuns(draws, cell, { count: runs[1], wishes, name: 'new', more });
  const { noise = 0.05, budget = 0.1, allowed, isBaseline, anchor } = cell;
  const settings = { budget, noise, allowed, warmupMs: 0, isBaseline, anchor };
  return compareLoaded({ base, next }, gatesOf(cell), settings).comparison;
}

/**
 * Statements in addition to a verdict, and whether they are right; undefined without a statement.
 */
const SAYINGS = {
  /** Whether a comparison with the suggested length or number of runs has an answer. */
  settled: (cell, draws, { gates: [gate] }) => {
    if (gate.more === undefined) return undefined;
    const { seconds, runs } = gate.more;
    const again = comparePair(cell, draws, seconds === undefined ? { runs: [runs, runs] } : { more: { seconds } });
    return again.gates[0].verdict !== 'inconclusive';
  },
  bound: (cell, _, { gates: [gate] }) => (gate.atMost === undefined ? undefined : gate.atMost >= cell.truth),
  /** The same with a slowdown of just that size. */
  found: (cell, draws, { gates: [gate] }) => {
    if (gate.smallestFound === undefined) return undefined;
    const slower = comparePair(cell, draws, { next: { slower: gate.smallestFound } });
    return slower.gates[0].verdict === 'regression';
  },
};
const RIGHT = { settled: 0.8, bound: 0.88, found: 0.85 };

/** How often each word was said of a cell's pairs. */
export function tryCell(cell, pairs, seed) {
  const draws = new Draws(seed);
  const counts = Object.fromEntries(WORDS.map((word) => [word, 0]));
  const said = [];
  let named = 0;
  const place = cell.named ?? cell.next.stalledSecond;
  for (let index = 0; index < pairs; index += 1) {
    const comparison = comparePair(cell, draws);
    counts[comparison.verdict] += 1;
    if (comparison.stalls.some(({ side, second }) => side === 'new' && second === place)) named += 1;
    const right = SAYINGS[cell.says]?.(cell, draws, comparison);
    if (right !== undefined) said.push(right);
  }
  const wants = cell.wants.map((want) => {
    const share = counts[want.of] / pairs;
    const holds = want.is === 'at most' ? share <= want.share : share >= want.share;
    return { ...want, observed: share, holds };
  });
  const atLeast = (of, share, observed) =>
    wants.push({ of, is: 'at least', share, observed, holds: observed >= share });
  if (place !== undefined) atLeast('named', 1, named / pairs);
  if (cell.says !== undefined) {
    const right = said.filter((one) => one).length / Math.max(1, said.length);
    // Without any statement, none is wrong.
    atLeast(`right (of ${said.length} said)`, RIGHT[cell.says], said.length === 0 ? 1 : right);
  }
  return { name: cell.name, counts, wants };
}

const percent = (share) => `${Number((share * 100).toFixed(1))} %`;

function row({ name, counts, wants }, pairs) {
  const shares = WORDS.map((word) => {
    const [low, high] = wilson(counts[word], pairs);
    return counts[word] === 0 ? '0' : `${percent(counts[word] / pairs)} (${percent(low)} to ${percent(high)})`;
  });
  const wanted = wants.map(({ of, is, share, observed }) => {
    const seen = WORDS.includes(of) ? '' : ` (${percent(observed)})`;
    return `${of} ${is} ${percent(share)}${seen}`;
  });
  const holds = wants.length === 0 ? '' : wants.every((want) => want.holds) ? 'yes' : 'NO';
  return `| ${[name, ...shares, wanted.join('; '), holds].join(' | ')} |`;
}

/**
 * Runs cells on all cores, and keeps their order. The result of a cell depends only on its seed.
 */
async function rowsOf(cells, pairs) {
  const rows = [];
  const left = cells.map((cell, at) => ({ cell, at }));
  const work = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const worker = new Worker(new URL(import.meta.url), { workerData: { name: next.cell.name, pairs } });
      const [line] = await once(worker, 'message');
      rows[next.at] = line;
      console.error(line);
    }
  };
  await Promise.all(cpus().map(work));
  return rows;
}

/** The rows of a page by the names of their cells. */
function knownRows() {
  const lines = existsSync(PAGE) ? readFileSync(PAGE, 'utf8').split('\n') : [];
  return new Map(lines.filter((line) => line.startsWith('| ')).map((line) => [line.split(' | ')[0].slice(2), line]));
}

async function main() {
  const [pairs, part] = [Number(process.argv[2] ?? 400), process.argv[3]];
  if (!Number.isInteger(pairs) || pairs < 1)
    throw new Error(`the number of pairs must be an integer >= 1 (got '${process.argv[2]}')`);
  const known = part === undefined ? new Map() : knownRows();
  const isTried = ({ name }) => part === undefined || name.includes(part) || !known.has(name);
  const tried = CELLS.filter(isTried);
  const made = await rowsOf(tried, pairs);
  const rows = CELLS.map((cell) => made[tried.indexOf(cell)] ?? known.get(cell.name));
  const head = ['truth', ...WORDS, 'required', 'holds'];
  const table = [`| ${head.join(' | ')} |`, `| ${head.map(() => '---').join(' | ')} |`, ...rows].join('\n');
  const page = `# Accuracy of verdicts

\`npm run bench -- verdicts\` compares synthetic runs with a known truth, ${pairs} pairs per cell, with the functions of \`wsg report\`, and generated this page
(Node ${process.version}, ${cpus()[0]?.model}, ${new Date().toISOString().slice(0, 10)}). Times are log-normal (sigma 0.5), 60 s, 1,000 samples per second (3,000 at \`--noise 1%\`); cells with commits or levels, or 10 and more
baselines with an anchor, have runs of 20 s and 300 samples per second. Seconds
differ by 5 %. Gates: p(50) and p(99), budget 10 %, noise 5 %, unless the cell has others. Each share has Wilson's 95 % bounds. A requirement holds if the observed share does.

${table}
`;
  writeFileSync(PAGE, page);
  console.log(page);
  process.exitCode = rows.every((line) => !line.endsWith('| NO |')) ? 0 : 1;
}

if (!isMainThread) {
  const { name, pairs } = workerData;
  const index = CELLS.findIndex((cell) => cell.name === name);
  parentPort.postMessage(row(tryCell(CELLS[index], pairs, 1000 + index), pairs));
} else if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
