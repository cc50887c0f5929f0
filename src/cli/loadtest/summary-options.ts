import { parseTrendStats, SUMMARY_MODES, type SummaryOptions } from '../../summary/index.js';
import { WsgError } from '../../core/error.js';
import { asRead, type Read } from './read.js';
import type { LoadtestFlags } from './run-flags.js';

/** Format of the summary, without its colours. */
export type SummaryFormat = Pick<SummaryOptions, 'mode' | 'trendStats' | 'timeUnit'>;

const TIME_UNITS = ['s', 'ms', 'us'] as const;

/** Reads the format of the summary: flags, then `WSG_SUMMARY_*`, then `K6_SUMMARY_*`. */
export function readSummaryOptions(flags: LoadtestFlags, env: NodeJS.ProcessEnv): Read<SummaryFormat> {
  const modeText = flags['summary-mode'] ?? fromEnvironment(env, 'SUMMARY_MODE');
  const unitText = flags['summary-time-unit'] ?? fromEnvironment(env, 'SUMMARY_TIME_UNIT');
  const trendStats = flags['summary-trend-stats'] ?? fromEnvironment(env, 'SUMMARY_TREND_STATS');
  const problems = trendStats === undefined ? [] : [...trendStatProblems(trendStats)];
  const oneOf = <T extends string>(known: readonly T[], option: string, text: string | undefined): T | undefined => {
    const found = known.find((name) => name === text);
    if (text !== undefined && found === undefined) {
      problems.push(`${option}: '${text}' must be one of ${known.join(', ')}`);
    }
    return found;
  };
  const asked = oneOf(SUMMARY_MODES, 'summary-mode', modeText) ?? 'legacy';
  const mode = flags['no-summary'] === true ? 'disabled' : asked;
  const timeUnit = oneOf(TIME_UNITS, 'summary-time-unit', unitText);
  return asRead({ mode, timeUnit, trendStats }, problems);
}

function trendStatProblems(trendStats: string): readonly string[] {
  try {
    parseTrendStats(trendStats);
    return [];
  } catch (error) {
    if (error instanceof WsgError) return error.problems;
    throw error;
  }
}

function fromEnvironment(env: NodeJS.ProcessEnv, key: string): string | undefined {
  return [env[`WSG_${key}`], env[`K6_${key}`]].find((text) => text !== undefined && text !== '');
}
