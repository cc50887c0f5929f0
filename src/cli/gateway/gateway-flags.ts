import * as Flags from '@oclif/core/flags';
import type { LogLevel } from '../../core/logger.js';

/** What a gateway command was told on its command line, as texts. */
export interface GatewayFlags {
  readonly config: string | undefined;
  readonly listen: string | undefined;
  readonly transport: 'auto' | 'uws' | 'ws' | undefined;
  readonly 'ready-fd': number | undefined;
  readonly 'log-format': 'json' | 'classic';
  readonly 'log-level': LogLevel;
}

/** The flags of the commands that run a gateway. `logFormat` is what they log in unless told. */
export function gatewayFlags(logFormat: 'json' | 'classic') {
  return {
    config: Flags.string({ helpValue: 'FILE', description: 'The configuration; ./config.yml when there is one.' }),
    listen: Flags.string({
      helpValue: 'HOST:PORT',
      description: 'Listen here whatever the configuration says; port 0 takes a free one.',
    }),
    transport: Flags.option({
      options: ['auto', 'uws', 'ws'] as const,
      description:
        'The server library: ws, or uws, whose package uWebSockets.js has to be installed beside wsg; auto is an older name of ws.',
    })(),
    'ready-fd': Flags.integer({
      min: 1,
      helpValue: 'N',
      description: 'Write the address as one JSON line to this file descriptor once the gateway listens.',
    }),
    'log-format': Flags.option({
      options: ['json', 'classic'] as const,
      default: logFormat,
      description: 'One JSON object a line, or the lines of the old program.',
    })(),
    'log-level': Flags.option({
      options: ['debug', 'info', 'warn', 'error'] as const,
      default: 'info',
      description: 'The least important lines that are still logged.',
    })(),
  };
}
