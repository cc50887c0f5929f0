import { LineWriter } from '../core/line-writer.js';
import type { Logger } from '../core/logger.js';
import { createPinoLogger } from '../core/pino-logger.js';
import { redactingLogger } from '../core/redacting-logger.js';
import { createClassicLogger } from '../gateway/index.js';
import type { GatewayFlags } from './gateway-flags.js';

/** A gateway's log, and the writer under it, to be flushed at the end. */
export interface GatewayLog {
  readonly log: Logger;
  readonly lines: LineWriter;
}

/** The log of a gateway as its flags ask for it, on standard error; a reader that has stopped holds nothing up. */
export function createGatewayLog(flags: Pick<GatewayFlags, 'log-format' | 'log-level'>): GatewayLog {
  const level = flags['log-level'];
  const create = (write: (line: string) => void): Logger =>
    flags['log-format'] === 'classic' ? createClassicLogger({ level, write }) : createPinoLogger(level, write);
  const lines = new LineWriter({ fd: 2, gapLine: (missing) => gapLine(create, missing) });
  return { log: redactingLogger(create((line) => lines.write(line))), lines };
}

/** An error, so that each level shows it. */
function gapLine(create: (write: (line: string) => void) => Logger, lines: number): string {
  let text = '';
  create((line) => (text = line)).error('log.dropped', { lines });
  return text;
}
