import type { LogFields } from '../../core/logger.js';
import { classicHelperLine } from '../plugin/devhelpers-lines.js';

/** The old program's line for an event; undefined where it had none. */
export function classicLine(event: string, fields: LogFields): string | undefined {
  const text = (name: string): string => fieldText(fields[name]);
  switch (event) {
    case 'gateway.starting':
      return `Starting wsgateway. CONFIG=${text('config')} NOFILES=${text('openFiles')} GOMAXPROCS=${text('threads')} NUMCPU=${text('cpus')}`;
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

/** What the old program had no line for: the event and its fields. */
export function plainLine(event: string, fields: LogFields): string {
  return [event, ...Object.entries(fields).map(([key, value]) => `${key}=${fieldText(value)}`)].join(' ');
}

function fieldText(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined');
  return typeof value === 'string' && !/^[\w.:/@+-]+$/.test(value) ? JSON.stringify(value) : text;
}
