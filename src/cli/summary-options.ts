import { WsgError } from '../core/error.js';
import { parseTrendStats, SUMMARY_MODES, type SummaryOptions } from '../summary/index.js';

/** The flags that say how the summary is to look, as texts. */
export interface SummaryFlags {
  readonly 'summary-mode': string | undefined;
  readonly 'summary-trend-stats': string | undefined;
  readonly 'summary-time-unit': string | undefined;
}

const TIME_UNITS = ['s', 'ms', 'us'] as const;

/** How the summary is to look, but for its colours: flags, then `WSG_SUMMARY_*`, then `K6_SUMMARY_*`. Throws `options.invalid`. */
export function readSummaryOptions(
  flags: SummaryFlags,
  env: NodeJS.ProcessEnv,
): Pick<SummaryOptions, 'mode' | 'trendStats' | 'timeUnit'> {
  const mode = oneOf(SUMMARY_MODES, 'summary-mode', flags['summary-mode'] ?? fromEnvironment(env, 'SUMMARY_MODE'));
  const unitText = flags['summary-time-unit'] ?? fromEnvironment(env, 'SUMMARY_TIME_UNIT');
  const timeUnit = oneOf(TIME_UNITS, 'summary-time-unit', unitText);
  const trendStats = flags['summary-trend-stats'] ?? fromEnvironment(env, 'SUMMARY_TREND_STATS');
  if (trendStats !== undefined) parseTrendStats(trendStats);
  return { mode: mode ?? 'legacy', timeUnit, trendStats };
}

function fromEnvironment(env: NodeJS.ProcessEnv, key: string): string | undefined {
  return [env[`WSG_${key}`], env[`K6_${key}`]].find((text) => text !== undefined && text !== '');
}

function oneOf<T extends string>(known: readonly T[], option: string, text: string | undefined): T | undefined {
  if (text === undefined) return undefined;
  const found = known.find((name) => name === text);
  if (found !== undefined) return found;
  throw new WsgError('options.invalid', `${option}: '${text}' is none of ${known.join(', ')}.`);
}
