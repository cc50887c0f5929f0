import type { Clock } from '../../../core/clock.js';
import type { Logger } from '../../../core/logger.js';
import type { ClusterConfig } from '../../config/cluster-config.js';
import type { Engine } from '../engine.js';
import { AuthenticEngine } from './authentic-engine.js';
import { NatsEngineLink } from './nats-engine-link.js';
import { ReconnectingEngine } from './reconnecting-engine.js';
import { RedisEngineLink } from './redis-engine-link.js';

export interface CreateEngineDeps {
  readonly clock: Clock;
  readonly log: Logger;
}

/** Creates the configured engine of a cluster, without connecting. */
export function createEngine(
  config: Pick<ClusterConfig, 'engine' | 'name' | 'secret'>,
  deps: CreateEngineDeps,
): Engine {
  const { kind, addr } = config.engine;
  const { clock, log } = deps;
  const open = kind === 'nats' ? NatsEngineLink.open : RedisEngineLink.open;
  const engine = new ReconnectingEngine({ kind, addr, cluster: config.name }, { clock, log, open });
  if (config.secret === undefined) return engine;
  const options = { secret: config.secret, cluster: config.name };
  return new AuthenticEngine(options, { engine, clock, log });
}
