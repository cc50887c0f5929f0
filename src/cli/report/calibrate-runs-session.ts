import { readGates, type Comparison } from '../../report/index.js';
import { selftestRun, type Selftest } from '../../report/calibrate/selftest-run.js';
import { EXIT_CODE, type ExitCode } from '../exit-code.js';
import type { Output } from '../output.js';
import { WsgError } from '../../core/error.js';
import { renderTrend } from '../../report/render/trend-text.js';
import { LEAST_TREND_RUNS, trendOfRuns, type Trend } from '../../report/trend/trend-runs.js';
import { ShareProgress } from '../live-progress.js';
import { calibrateRuns, type FigureCalibration } from '../../report/calibrate/calibrate-runs.js';
import { renderTable, tableWidth } from '../../summary/terminal/table.js';
import { readPercent } from './compare-flags.js';
import { expandRuns } from './run-paths.js';

interface SelftestInvocation {
  readonly gates: readonly string[];
  readonly json: boolean;
  readonly output: Output;
}

/** Factor by which the copy is slowed: well beyond a budget of 10 % and noise of 5 %. */
const FACTOR = 1.3;

/**
 * Shows that the gates of a run detect a slowdown and do not give false alarms. The exit code is 12
 * if they cannot be trusted.
 */
export async function runSelftest(run: string, { gates, json, output }: SelftestInvocation): Promise<ExitCode> {
  const result = await selftestRun(run, readGates(gates, 'flag'), FACTOR);
  output.stdout.write(json ? `${JSON.stringify(result)}\n` : selftestText(result));
  return result.holds ? EXIT_CODE.ok : EXIT_CODE.inconclusive;
}

function selftestText({ factor, slowed, halves, holds }: Selftest): string {
  return [
    `a copy with all times ${((factor - 1) * 100).toFixed(0)}% longer: ${slowed.verdict}`,
    ...gateLines(slowed),
    `the second half of the run against the first: ${halves.verdict}`,
    ...gateLines(halves),
    holds
      ? 'the gates detect the slowdown and do not give false alarms'
      : 'these gates cannot be trusted with runs like this one: use longer runs or a higher load',
    '',
  ].join('\n');
}

function gateLines({ gates }: Comparison): readonly string[] {
  return gates.map(({ gate, verdict, reasons }) => `  ${gate.text}: ${[verdict, ...reasons].join('; ')}`);
}

/** One `wsg report trend` as it was typed. */
interface TrendInvocation {
  readonly flags: {
    readonly gate: readonly string[] | undefined;
    readonly 'least-change': string;
    readonly 'allow-different': readonly string[] | undefined;
    readonly 'fail-on-step': boolean;
    readonly json: boolean;
  };
  readonly output: Output;
}

/**
 * Prints where the level of a figure changed in a series of runs. With --fail-on-step, a step for
 * the worse gives a nonzero exit code.
 */
export async function printTrend(names: readonly string[], { flags, output }: TrendInvocation): Promise<ExitCode> {
  if (names.length === 0) throw new WsgError('usage', 'Missing argument: a folder, files, a pattern or a baseline.');
  const paths = await expandRuns(names);
  const { stdout, stderr } = output;
  const progress = new ShareProgress(stderr, 'reading');
  const trend = await trendOfRuns(paths, {
    gates: readGates(flags.gate ?? [], 'flag'),
    leastChange: readPercent('least-change', flags['least-change']) ?? 0,
    allowed: (flags['allow-different'] ?? []).flatMap((keys) => keys.split(',')),
    read: (share) => progress.show(share),
  }).finally(() => progress.end());
  stdout.write(
    flags.json
      ? `${JSON.stringify(trend)}\n`
      : renderTrend(trend, { colour: stdout.useColor, columns: stdout.columns }),
  );
  return flags['fail-on-step'] ? exitCodeOf(trend) : EXIT_CODE.ok;
}

/** A series that is too short, or a figure that no run has, does not pass. */
function exitCodeOf({ figures, runs }: Trend): ExitCode {
  if (figures.some(({ steps }) => steps.some(({ isWorse }) => isWorse))) return EXIT_CODE.regression;
  const known = figures.map(({ values }) => values.filter((value) => value !== null).length);
  const isShort = runs.length < LEAST_TREND_RUNS || figures.length === 0;
  return isShort || known.some((count) => count < LEAST_TREND_RUNS) ? EXIT_CODE.invalidRun : EXIT_CODE.ok;
}

interface CalibrationInvocation {
  readonly gates: readonly string[];
  readonly json: boolean;
  readonly output: Output;
}

/** Prints the variance between runs of one build. */
export async function printCalibration(
  runs: readonly string[],
  { gates, json, output }: CalibrationInvocation,
): Promise<void> {
  const figures = await calibrateRuns(runs, readGates(gates, 'flag'));
  output.stdout.write(
    json ? `${JSON.stringify({ runs, figures })}\n` : calibrationText(runs, figures, output.stdout.columns),
  );
}

const percent = (ratio: number): string => `${(ratio * 100).toFixed(1)}%`;

function calibrationText(runs: readonly string[], figures: readonly FigureCalibration[], columns: number): string {
  const rows = figures.map(({ figure, spread, noise, budget, smallestFound }) => [
    figure,
    percent(spread),
    percent(noise),
    `+${percent(budget)}`,
    `+${percent(smallestFound)}`,
  ]);
  const head = ['figure', 'spread', '--noise', 'budget', 'found'];
  const table = renderTable(head, rows, ['left', 'right', 'right', 'right', 'right']);
  const lines = rows.map((row) => row.map((cell, column) => `${head[column]} ${cell}`).join(', '));
  return [
    `${runs.length} runs of one build`,
    tableWidth(table) <= columns ? table : lines.join('\n'),
    'spread: standard deviation between the runs; --noise: setting for comparing one run with one;',
    'budget: kept by an unchanged run, with these runs as baselines; found: the smallest slowdown detected in nine of ten cases',
    '',
  ].join('\n');
}
