import { systemClock, type Clock } from '../../core/clock.js';
import { isLogged, type LogLevel, type LogFields, type Logger } from '../../core/logger.js';
import { classicLine, plainLine } from './classic-lines.js';

export interface ClassicLoggerOptions {
  /** Writes whole lines with their newline; default: to standard error. */
  readonly write?: (line: string) => void;
  readonly clock?: Clock;
  /** Default `info`. */
  readonly level?: LogLevel;
}

/**
 * Logs in wsgateway's format: `2006/01/02 15:04:05 <line>` in local time. Events that wsgateway
 * does not have are logged as `event key=value`.
 */
export function createClassicLogger(options: ClassicLoggerOptions = {}): Logger {
  const write = options.write ?? ((line: string) => void process.stderr.write(line));
  const clock = options.clock ?? systemClock;
  const log = (event: string, fields: LogFields = {}) =>
    write(`${timestamp(new Date(clock.wallNow()))} ${classicLine(event, fields) ?? plainLine(event, fields)}\n`);
  const at = (level: LogLevel) => (isLogged(level, options.level ?? 'info') ? log : () => undefined);
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

function timestamp(date: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('/');
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')}`;
}
