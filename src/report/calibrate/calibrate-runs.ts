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
/** Margin of the budget for an unchanged run, in standard deviations. */
const ROOMY = 2;
/**
 * 90 % of a normal distribution lie below this many standard deviations: a slowdown of the budget
 * plus this margin is found in nine of ten cases.
 */
const NEARLY_ALWAYS = 1.2816;

/** The variation of a figure between runs of one build, and the settings that follow from it. */
export interface FigureCalibration {
  /** `ws_rtt p(99)`. */
  readonly figure: string;
  readonly values: readonly number[];
  /** Standard deviation of the logarithms between runs: .05 is 5 %. */
  readonly spread: number;
  /** Recommended --noise for comparing one run with one. */
  readonly noise: number;
  /** A budget that an unchanged run keeps, with these runs as baselines. */
  readonly budget: number;
  /**
   * The smallest slowdown that this budget detects in nine of ten cases, for one new run with these
   * runs as baselines.
   */
  readonly smallestFound: number;
}

/**
 * Estimates the variance between runs of the same build, and the settings that follow from it.
 * Throws `usage` for fewer than three runs, or runs of different kinds.
 */
export async function calibrateRuns(
  paths: readonly string[],
  gates: readonly Gate[],
): Promise<readonly FigureCalibration[]> {
  const [first] = paths;
  if (first === undefined || paths.length < LEAST_RUNS) {
    throw new WsgError(
      'usage',
      `${paths.length} runs are too few to estimate the variance between runs: at least ${LEAST_RUNS} are needed.`,
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
