import type { Logger } from '../../core/logger.js';
import { redactingLogger } from '../../core/redacting-logger.js';
import { createClassicLogger } from '../../gateway/index.js';
import type { GatewayFlags } from './gateway-flags.js';
import { LineWriter } from './line-writer.js';
import { createPinoLogger } from './pino-logger.js';

/** A gateway's log and its line writer, which must be flushed at the end. */
export interface GatewayLog {
  readonly log: Logger;
  readonly lines: LineWriter;
}

/** Fields that every line has. */
type CommonFields = Readonly<Record<string, number>>;

/**
 * Creates the log of a gateway on standard error, as its flags say. A reader that does not read
 * never blocks the gateway.
 */
export function createGatewayLog(
  flags: Pick<GatewayFlags, 'log-format' | 'log-level'>,
  common: CommonFields = {},
): GatewayLog {
  const level = flags['log-level'];
  const create = (write: (line: string) => void): Logger => {
    const log =
      flags['log-format'] === 'classic' ? createClassicLogger({ level, write }) : createPinoLogger(level, write);
    return Object.keys(common).length === 0 ? log : withFields(log, common);
  };
  const lines = new LineWriter({ fd: 2, gapLine: (missing) => gapLine(create, missing) });
  return { log: redactingLogger(create((line) => lines.write(line))), lines };
}

/** Formats the line for dropped lines, as an error, so that every log level shows it. */
function gapLine(create: (write: (line: string) => void) => Logger, lines: number): string {
  let text = '';
  create((line) => (text = line)).error('log.dropped', { lines });
  return text;
}

function withFields(log: Logger, common: CommonFields): Logger {
  return {
    debug: (event, fields) => log.debug(event, { ...common, ...fields }),
    info: (event, fields) => log.info(event, { ...common, ...fields }),
    warn: (event, fields) => log.warn(event, { ...common, ...fields }),
    error: (event, fields) => log.error(event, { ...common, ...fields }),
  };
}
