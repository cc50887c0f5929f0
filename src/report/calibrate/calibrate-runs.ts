import { WsgError } from '../../core/error.js';
import { readHeader } from '../../run-file/index.js';
import type { Gate } from '../compare/comparison.js';
import { defaultGates } from '../compare/gates/default-gates.js';
import { differencesOf } from '../compare/differences.js';
import { figureOf } from '../compare/seconds/figure.js';
import { loadRun } from '../compare/seconds/loaded-run.js';
import { aggregateName } from '../compare/gates/parse-gate.js';
import { studentQuantile, variance } from '../compare/evidence/statistics.js';

const LEAST_RUNS = 3;
const TAIL = 0.05;
/** A budget leaves an unchanged run so many spreads of room. */
const ROOMY = 2;
/**
 * Of a normal distribution, so many spreads have 90 % below them: a slowdown of the budget and that
 * is nearly always found.
 */
const NEARLY_ALWAYS = 1.2816;

/** What runs of one build say of a figure. */
export interface FigureCalibration {
  /** `ws_rtt p(99)`. */
  readonly figure: string;
  readonly values: readonly number[];
  /** Between runs: the standard deviation of the logarithms, .05 being 5 %. */
  readonly spread: number;
  /** What to give to --noise, where one run stands against one. */
  readonly noise: number;
  /** A budget that an unchanged run holds, against these runs as baselines. */
  readonly budget: number;
  /**
   * The smallest slowdown that is found in nine of ten cases with that budget, one new run against
   * these as baselines.
   */
  readonly smallestFound: number;
}

/**
 * How much runs of the same build differ by luck, and what follows from it. Throws `usage` for
 * fewer than three runs, or runs that are not alike.
 */
export async function calibrateRuns(
  paths: readonly string[],
  gates: readonly Gate[],
): Promise<readonly FigureCalibration[]> {
  const [first] = paths;
  if (first === undefined || paths.length < LEAST_RUNS) {
    throw new WsgError(
      'usage',
      `${paths.length} runs tell nothing of how runs differ: at least ${LEAST_RUNS} are needed.`,
    );
  }
  const header = await readHeader(first);
  const wanted = (gates.length > 0 ? gates : defaultGates(header, 0.1)).filter(({ limit }) => limit === undefined);
  const runs = await Promise.all(paths.map((path) => loadRun(path, { gates: wanted, warmupMs: undefined })));
  const differences = differencesOf(
    [header],
    runs.map(({ run }) => run.header),
    { allowed: [], required: [] },
  );
  const decisive = differences.filter(({ consequence }) => consequence === 'invalid').map(({ key }) => key);
  if (decisive.length > 0)
    throw new WsgError('usage', `The runs are not of the same kind: they differ in ${decisive.join(', ')}.`);
  return wanted.flatMap((gate) => {
    const values = runs.map((run) => figureOf(gate, run).value);
    const numbers = values.flatMap((value) => (value === null || value <= 0 ? [] : [value]));
    return numbers.length < values.length
      ? []
      : [calibration(`${gate.series} ${aggregateName(gate.aggregate)}`, numbers)];
  });
}

function calibration(figure: string, values: readonly number[]): FigureCalibration {
  const spread = Math.sqrt(variance(values.map(Math.log)));
  const half = studentQuantile(TAIL, values.length - 1) * spread * Math.sqrt(1 + 1 / values.length);
  const budget = Math.expm1(half + ROOMY * spread);
  return {
    figure,
    values,
    spread,
    noise: Math.expm1(spread),
    budget,
    smallestFound: Math.expm1(Math.log1p(budget) + half + NEARLY_ALWAYS * spread),
  };
}
