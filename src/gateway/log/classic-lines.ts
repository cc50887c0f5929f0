import type { LogFields } from '../../core/logger.js';
import { SINKS } from '../sinks/index.js';
import { classicHelperLine } from '../plugin/devhelpers-lines.js';

/** The line that wsgateway logs for an event; undefined when it has none. */
export function classicLine(event: string, fields: LogFields): string | undefined {
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
export function plainLine(event: string, fields: LogFields): string {
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
