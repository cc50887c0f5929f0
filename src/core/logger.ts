/** From all that may be said to the least. */
const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;

/** The least important lines that are still logged. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Whether lines of `level` are logged where `least` is the least important. */
export function isLogged(level: LogLevel, least: LogLevel): boolean {
  return LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(least);
}

/**
 * Fields of a log line: never a token, a password or a payload. Nor the names that each line has of
 * itself: JSON would then have a key twice.
 */
export type LogFields = Readonly<Record<string, unknown>> & {
  readonly event?: never;
  readonly level?: never;
  readonly time?: never;
};

/** A log line is an event name, dotted and lower case (`endpoint.created`), and fields. */
export interface Logger {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

/** A logger that says nothing. */
export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
