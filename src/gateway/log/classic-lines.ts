import type { LogFields } from '../../core/logger.js';
import { classicHelperLine } from '../plugin/devhelpers-lines.js';

/** The old program's line for an event; undefined where it had none. */
export function classicLine(event: string, fields: LogFields): string | undefined {
  switch (event) {
    case 'gateway.starting':
      return `Starting wsgateway. CONFIG=${fields['config']} NOFILES=${fields['openFiles']} GOMAXPROCS=${fields['threads']} NUMCPU=${fields['cpus']}`;
    case 'endpoint.created':
      return `Creating websocket endpoint at path ${fields['path']}`;
    case 'access.whitelist': {
      const { networks } = fields;
      return `Internal whitelist [${Array.isArray(networks) ? networks.join(' ') : ''}]`;
    }
    case 'gateway.listening':
      return `Listening on ${fields['address']}`;
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
