import { WsgError } from '../../core/error.js';
import { parseTrendStats, SUMMARY_MODES, type SummaryOptions } from '../../summary/index.js';

/** The flags that say how the summary is to look, as texts. */
export interface SummaryFlags {
  readonly 'no-summary': boolean;
  readonly 'summary-mode': string | undefined;
  readonly 'summary-trend-stats': string | undefined;
  readonly 'summary-time-unit': string | undefined;
}

const TIME_UNITS = ['s', 'ms', 'us'] as const;

/**
 * How the summary is to look, but for its colours: flags, then `WSG_SUMMARY_*`, then
 * `K6_SUMMARY_*`. Throws `options.invalid` with all problems at once.
 */
export function readSummaryOptions(
  flags: SummaryFlags,
  env: NodeJS.ProcessEnv,
): Pick<SummaryOptions, 'mode' | 'trendStats' | 'timeUnit'> {
  const modeText = flags['summary-mode'] ?? fromEnvironment(env, 'SUMMARY_MODE');
  const unitText = flags['summary-time-unit'] ?? fromEnvironment(env, 'SUMMARY_TIME_UNIT');
  const trendStats = flags['summary-trend-stats'] ?? fromEnvironment(env, 'SUMMARY_TREND_STATS');
  const problems = trendStats === undefined ? [] : [...trendStatProblems(trendStats)];
  const oneOf = <T extends string>(known: readonly T[], option: string, text: string | undefined): T | undefined => {
    const found = known.find((name) => name === text);
    if (text !== undefined && found === undefined) {
      problems.push(`${option}: '${text}' is none of ${known.join(', ')}`);
    }
    return found;
  };
  const asked = oneOf(SUMMARY_MODES, 'summary-mode', modeText) ?? 'legacy';
  const mode = flags['no-summary'] ? 'disabled' : asked;
  const timeUnit = oneOf(TIME_UNITS, 'summary-time-unit', unitText);
  if (problems.length > 0) {
    throw new WsgError('options.invalid', 'The summary cannot look as asked.', { problems });
  }
  return { mode, timeUnit, trendStats };
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
