import { pino } from 'pino';
import type { LogLevel, Logger } from '../../core/logger.js';

/**
 * One JSON object a line (pino), `event` and `time` (ISO 8601) among its fields; written at once,
 * to standard error unless `write` takes the lines.
 */
export function createPinoLogger(level: LogLevel = 'info', write?: (line: string) => void): Logger {
  const log = pino(
    { level, messageKey: 'event', timestamp: pino.stdTimeFunctions.isoTime, base: undefined },
    write === undefined ? pino.destination({ fd: 2, sync: true }) : { write },
  );
  return {
    debug: (event, fields) => log.debug(fields ?? {}, event),
    info: (event, fields) => log.info(fields ?? {}, event),
    warn: (event, fields) => log.warn(fields ?? {}, event),
    error: (event, fields) => log.error(fields ?? {}, event),
  };
}
