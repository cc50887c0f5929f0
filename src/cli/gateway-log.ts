import type { Logger } from '../core/logger.js';
import { createPinoLogger } from '../core/pino-logger.js';
import { redactingLogger } from '../core/redacting-logger.js';
import { createClassicLogger } from '../gateway/index.js';
import type { GatewayFlags } from './gateway-flags.js';

/** The log of a gateway as its flags ask for it, on standard error. */
export function createGatewayLog(flags: Pick<GatewayFlags, 'log-format' | 'log-level'>): Logger {
  const level = flags['log-level'];
  return redactingLogger(flags['log-format'] === 'classic' ? createClassicLogger({ level }) : createPinoLogger(level));
}
