import * as Flags from '@oclif/core/flags';
import type { LogLevel } from '../../core/logger.js';

/** The parsed flags of a gateway command. */
export interface GatewayFlags {
  readonly config: string | undefined;
  readonly listen: string | undefined;
  readonly transport: 'auto' | 'uws' | 'ws' | undefined;
  /** Not validated yet: the schema of the configuration does that. */
  readonly workers: string | undefined;
  readonly 'ready-fd': number | undefined;
  readonly 'log-format': 'json' | 'classic';
  readonly 'log-level': LogLevel;
}

/**
 * Creates the flags of the commands that run a gateway. `logFormat` is their default log format.
 */
export function gatewayFlags(logFormat: 'json' | 'classic') {
  return {
    config: Flags.string({
      helpValue: 'FILE',
      description: 'Configuration file. Default: ./config.yml if it exists, else built-in defaults.',
    }),
    listen: Flags.string({
      helpValue: 'HOST:PORT',
      description: 'Address to listen on; overrides the configuration. Port 0 picks a free port.',
    }),
    transport: Flags.option({
      options: ['auto', 'uws', 'ws'] as const,
      description:
        'Server library: ws, or uws, which needs the package uWebSockets.js installed next to wsg. auto is an older name for ws.',
    })(),
    workers: Flags.string({
      helpValue: 'N|auto',
      description:
        'Number of processes that hold connections; overrides the configuration. auto: one fewer than there are cores.',
    }),
    'ready-fd': Flags.integer({
      min: 1,
      helpValue: 'N',
      description: 'Once the gateway listens, write its address as one JSON line to this file descriptor.',
    }),
    'log-format': Flags.option({
      options: ['json', 'classic'] as const,
      default: logFormat,
      description: 'Log format: json (one object per line), or classic (the lines of the original wsgateway).',
    })(),
    'log-level': Flags.option({
      options: ['debug', 'info', 'warn', 'error'] as const,
      default: 'info',
      description: 'Lowest level that is logged.',
    })(),
  };
}

/** The values of flags that override keys of the configuration. */
export function configOverrides({
  listen,
  transport,
  workers,
}: Pick<GatewayFlags, 'listen' | 'transport' | 'workers'>) {
  const count = workers !== undefined && /^\d+$/.test(workers) ? Number(workers) : workers;
  return {
    ...(listen !== undefined && { listen_addr: listen }),
    ...(transport !== undefined && { transport }),
    ...(count !== undefined && { workers: count }),
  };
}
