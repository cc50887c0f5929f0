import { WsgError } from '../core/error.js';
import { readGates } from '../report/index.js';
import { renderTrend } from '../report/render/trend-text.js';
import { LEAST_TREND_RUNS, trendOfRuns, type Trend } from '../report/trend/trend-runs.js';
import { readPercent } from './compare-flags.js';
import { EXIT_CODE, type ExitCode } from './exit-code.js';
import type { Output } from './output.js';
import { expandRuns } from './run-paths.js';
import { ShareProgress } from './share-progress.js';

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

/** Prints where the level of a figure changed in a series of runs; the exit code is not 0 when a step for the worse is to fail. */
export async function printTrend(names: readonly string[], { flags, output }: TrendInvocation): Promise<ExitCode> {
  if (names.length === 0) throw new WsgError('usage', 'Which runs? Name a folder, files, a pattern or a baseline.');
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

/** What cannot be judged does not pass: a series that is too short, or a figure that no run has. */
function exitCodeOf({ figures, runs }: Trend): ExitCode {
  if (figures.some(({ steps }) => steps.some(({ isWorse }) => isWorse))) return EXIT_CODE.regression;
  const known = figures.map(({ values }) => values.filter((value) => value !== null).length);
  const isShort = runs.length < LEAST_TREND_RUNS || figures.length === 0;
  return isShort || known.some((count) => count < LEAST_TREND_RUNS) ? EXIT_CODE.invalidRun : EXIT_CODE.ok;
}
