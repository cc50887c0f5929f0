import { formatGoDuration } from '../../core/duration.js';
import type { LogFields } from '../../core/logger.js';

/**
 * Formats an event of the `devhelpers` plugin as a log line of the original wsgateway, without
 * time; undefined for other events.
 */
export function classicHelperLine(event: string, fields: LogFields): string | undefined {
  switch (event) {
    case 'helper.connections':
      return `Connections: ${text(fields.connections)} Goroutines: ${text(fields.goroutines)} memory: ${text(fields.memoryKb)}`;
    case 'helper.marked':
      return `Marked ${text(fields.count)} connections as seen took ${duration(fields.tookMs)}`;
    case 'helper.sent':
      return `[${text(fields.worker)}] Sending ${text(fields.count)} messages took ${duration(fields.tookMs)}`;
    case 'helper.flushed':
      return `[${text(fields.worker)}] Flushing ${text(fields.count)} messages took ${duration(fields.flushMs)}`;
    case 'helper.skipped':
      return `Skipped ${text(fields.rounds)} rounds: more than half of the receivers could not keep up`;
    default:
      return undefined;
  }
}

function text(value: unknown): string {
  return typeof value === 'number' ? String(value) : '';
}

function duration(value: unknown): string {
  return typeof value === 'number' ? formatGoDuration(value) : '';
}
