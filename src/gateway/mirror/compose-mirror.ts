import type { Clock } from '../../core/clock.js';
import type { Logger } from '../../core/logger.js';
import type { GatewayConfig } from '../config/gateway-config.js';
import { formatNode } from '../connection/connection-id.js';
import type { ConnectionRegistry } from '../connection/registry.js';
import { ConnectionMirror } from './connection-mirror.js';

/** What a mirror is made with. */
export interface MirrorSurroundings {
  readonly config: GatewayConfig;
  readonly registry: ConnectionRegistry;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * The mirror that the configuration turns on, listening to the registry; undefined when it is off.
 */
export function composeMirror({ config, registry, clock, log }: MirrorSurroundings): ConnectionMirror | undefined {
  if (config.mirror === undefined) return undefined;
  const node = formatNode(config.node);
  const mirror = new ConnectionMirror({ config: config.mirror, registry, node, clock, log });
  registry.onRetagged((connection, before) => mirror.retagged(connection, before));
  return mirror;
}
