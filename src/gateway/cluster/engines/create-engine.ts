import type { Clock } from '../../../core/clock.js';
import type { Logger } from '../../../core/logger.js';
import type { ClusterConfig } from '../../config/cluster-config.js';
import type { Engine } from '../engine.js';
import { NatsEngineLink } from './nats-engine-link.js';
import { ReconnectingEngine } from './reconnecting-engine.js';
import { RedisEngineLink } from './redis-engine-link.js';

export interface CreateEngineDeps {
  readonly clock: Clock;
  readonly log: Logger;
}

/** Creates the configured engine of a cluster, without connecting. */
export function createEngine({ engine, name }: Pick<ClusterConfig, 'engine' | 'name'>, deps: CreateEngineDeps): Engine {
  const { kind, addr } = engine;
  const open = kind === 'nats' ? NatsEngineLink.open : RedisEngineLink.open;
  return new ReconnectingEngine({ kind, addr, cluster: name }, { ...deps, open });
}
