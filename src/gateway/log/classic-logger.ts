import { systemClock, type Clock } from '../../core/clock.js';
import { isLogged, type LogLevel, type LogFields, type Logger } from '../../core/logger.js';
import { SINKS } from '../sinks/index.js';
import { classicHelperLine } from '../plugin/devhelpers-lines.js';

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

/** The line that wsgateway logs for an event; undefined when it has none. */
function classicLine(event: string, fields: LogFields): string | undefined {
  const text = (name: string): string => fieldText(fields[name]);
  switch (event) {
    case 'gateway.starting':
      return `Starting wsgateway. CONFIG=${text('config')} NOFILES=${text('openFiles')} GOMAXPROCS=${text('threads')} NUMCPU=${text('cpus')}`;
    case 'mirror.connecting':
      return `Connecting to redis for connection data at ${text('address')}`;
    case 'sink.connecting':
      return SINKS.find(({ name }) => name === fields['sink'])?.classicLine?.(text('address'));
    case 'endpoint.created':
      return `Creating websocket endpoint at path ${text('path')}`;
    case 'access.whitelist': {
      const { networks } = fields;
      return `Internal whitelist [${Array.isArray(networks) ? networks.join(' ') : ''}]`;
    }
    case 'gateway.listening':
      return `Listening on ${text('address')}`;
    default:
      return classicHelperLine(event, fields);
  }
}

/** The line for an event that wsgateway does not have: the event's name and fields. */
function plainLine(event: string, fields: LogFields): string {
  return [event, ...Object.entries(fields).map(([key, value]) => `${key}=${fieldText(value)}`)].join(' ');
}

function fieldText(value: unknown): string {
  if (typeof value === 'string' && /^[\w.:/@+*-]+$/.test(value)) return value;
  return (JSON.stringify(value) ?? 'undefined').replace(UNESCAPED_CONTROLS, escapeControl);
}

/**
 * Characters that JSON does not escape and terminals interpret: delete, the C1 controls, line and
 * paragraph separators.
 */
const UNESCAPED_CONTROLS = /[\p{Cc}\u2028\u2029]/gu;

function escapeControl(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
