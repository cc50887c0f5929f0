import { SeededRandom } from '../../../core/seeded-random.js';
import { autocorrelation, mean } from './statistics.js';
import type { Resampled } from '../seconds/second-counts.js';

/** The change of a figure between two sides, and its variation due to the noise within the runs. */
export interface BootstrapResult {
  /** The logarithm of new over base. */
  readonly effect: number;
  /** Resampled effects, ascending. */
  readonly effects: Float64Array;
  /** The largest lag-1 autocorrelation of all runs. */
  readonly autocorrelation: number;
}

const RESAMPLES = 1000;
const SHORTEST_BLOCK = 5;
const LONGEST_BLOCK = 10;
const MINUTE_S = 60;

/**
 * The length of a block in seconds: that of Politis and White (2004) for an AR(1) series, between 5
 * s and 10 s. In runs longer than a minute, it is between 5 s times the cube root of the minutes
 * and a tenth of the run.
 */
export function blockLength(seconds: number, correlation: number): number {
  const rho = Math.min(0.95, Math.max(0, correlation));
  const wanted = ((2 * rho) / (1 - rho * rho)) ** (2 / 3) * seconds ** (1 / 3);
  const shortest = SHORTEST_BLOCK * Math.max(1, seconds / MINUTE_S) ** (1 / 3);
  const longest = Math.max(LONGEST_BLOCK, seconds / 10);
  return Math.min(Math.max(1, Math.floor(seconds / 2)), Math.round(Math.min(longest, Math.max(shortest, wanted))));
}

/**
 * The circular block bootstrap of the runs of two sides (Politis and Romano 1992). The logarithms
 * of several runs are averaged.
 */
export function bootstrap(base: readonly Resampled[], next: readonly Resampled[], seed: number): BootstrapResult {
  const draws = new SeededRandom(seed);
  const correlations = new Map([...base, ...next].map((run) => [run, autocorrelation(run.perSecond())]));
  const side = (runs: readonly Resampled[]): (() => number) => {
    const drawers = runs.map((run) => drawer(run, blockLength(run.seconds, correlations.get(run) ?? 0), draws));
    return () => drawers.reduce((sum, draw) => sum + draw(), 0) / drawers.length;
  };
  const [baseDraw, nextDraw] = [side(base), side(next)];
  const effects = new Float64Array(RESAMPLES);
  for (let resample = 0; resample < RESAMPLES; resample += 1) effects[resample] = nextDraw() - baseDraw();
  const whole = (runs: readonly Resampled[]): number =>
    mean(runs.map((run) => run.logFigure({ starts: Int32Array.of(0), length: run.seconds })));
  return {
    effect: whole(next) - whole(base),
    effects: effects.filter((effect) => Number.isFinite(effect)).sort(),
    autocorrelation: Math.max(...correlations.values()),
  };
}

function drawer(run: Resampled, length: number, draws: SeededRandom): () => number {
  const starts = new Int32Array(Math.max(1, Math.ceil(run.seconds / length)));
  return () => {
    for (let block = 0; block < starts.length; block += 1) starts[block] = draws.below(run.seconds);
    return run.logFigure({ starts, length });
  };
}

/** The value with this share of the ascending values below it. */
export function valueAtShare(ascending: Float64Array, share: number): number {
  const place = Math.min(ascending.length - 1, Math.max(0, share * (ascending.length - 1)));
  const [low = 0, high = 0] = [ascending[Math.floor(place)], ascending[Math.ceil(place)]];
  return low + (high - low) * (place - Math.floor(place));
}
