import { pino } from 'pino';
import type { LogLevel } from './log-level.js';
import type { Logger } from './logger.js';

/** One JSON object a line on standard error (pino), `event` and `time` (ISO 8601) among its fields; written at once. */
export function createPinoLogger(level: LogLevel = 'info'): Logger {
  const log = pino(
    { level, messageKey: 'event', timestamp: pino.stdTimeFunctions.isoTime, base: undefined },
    pino.destination({ fd: 2, sync: true }),
  );
  return {
    debug: (event, fields) => log.debug(fields ?? {}, event),
    info: (event, fields) => log.info(fields ?? {}, event),
    warn: (event, fields) => log.warn(fields ?? {}, event),
    error: (event, fields) => log.error(fields ?? {}, event),
  };
}
