/** From all that may be said to the least. */
const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;

/** The least important lines that are still logged. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Whether lines of `level` are logged where `least` is the least important. */
export function isLogged(level: LogLevel, least: LogLevel): boolean {
  return LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(least);
}
