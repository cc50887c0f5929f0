/** Log levels, from the most to the least verbose. */
const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;

/** Level of a logger: less important lines are not logged. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Whether lines of `level` are logged by a logger of the level `least`. */
export function isLogged(level: LogLevel, least: LogLevel): boolean {
  return LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(least);
}

/**
 * Fields of a log line. They must never contain a token, a password or a payload, nor the names
 * that every line has, which would be duplicate keys in JSON.
 */
export type LogFields = Readonly<Record<string, unknown>> & {
  readonly event?: never;
  readonly level?: never;
  readonly time?: never;
};

/**
 * Writes log lines, which have an event name in dotted lower case (`endpoint.created`) and fields.
 */
export interface Logger {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

/** A logger that discards all lines. */
export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
