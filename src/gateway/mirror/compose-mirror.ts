import type { Clock } from '../../core/clock.js';
import type { Logger } from '../../core/logger.js';
import type { GatewayConfig } from '../config/gateway-config.js';
import { formatNode } from '../connection/connection-id.js';
import type { ConnectionRegistry } from '../connection/registry.js';
import { ConnectionMirror } from './connection-mirror.js';

export interface MirrorDeps {
  readonly config: GatewayConfig;
  readonly registry: ConnectionRegistry;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Creates the mirror and connects it to the registry; undefined when the configuration has none.
 */
export function composeMirror({ config, registry, clock, log }: MirrorDeps): ConnectionMirror | undefined {
  if (config.mirror === undefined) return undefined;
  const node = formatNode(config.node);
  const mirror = new ConnectionMirror({ config: config.mirror, registry, node, clock, log });
  registry.onRetagged((connection, before) => mirror.retagged(connection, before));
  return mirror;
}
