import type { Clock } from '../../core/clock.js';
import type { Logger } from '../../core/logger.js';
import type { GatewayConfig } from '../config/gateway-config.js';
import { formatNode } from '../connection/connection-id.js';
import type { ConnectionRegistry } from '../connection/registry.js';
import type { EventBoot } from '../event/gateway-event.js';
import { memberOf } from './cluster-keys.js';
import { ClusterMirror, trialCommands } from './cluster-mirror.js';
import { ConnectionMirror, type MirrorPart } from './connection-mirror.js';

export interface MirrorDeps {
  readonly config: GatewayConfig;
  readonly registry: ConnectionRegistry;
  readonly clock: Clock;
  readonly log: Logger;
  /** Undefined when no other node closes the connections of this one. */
  readonly clusterMirror?: ClusterMirror | undefined;
  /** Part of the mirror of a node with several workers; undefined: this process has all of it. */
  readonly part?: MirrorPart | undefined;
}

/**
 * Creates the mirror and connects it to the registry; undefined when the configuration has none.
 */
export function composeMirror({
  config,
  registry,
  clock,
  log,
  clusterMirror,
  part,
}: MirrorDeps): ConnectionMirror | undefined {
  if (config.mirror === undefined) return undefined;
  const node = formatNode(config.node);
  const cluster = clusterMirror?.ofMirror;
  const mirror = new ConnectionMirror({ config: config.mirror, registry, node, clock, log, cluster, part });
  registry.onRetagged((connection, before) => mirror.retagged(connection, before));
  return mirror;
}

/**
 * Creates what closes the connections of lost nodes; undefined without a cluster or a mirror, and
 * with several workers.
 */
export function composeClusterMirror(
  { config, clock, log }: Pick<MirrorDeps, 'config' | 'clock' | 'log'>,
  boot: EventBoot,
): ClusterMirror | undefined {
  const { cluster, mirror, outbox } = config;
  if (cluster === undefined || closesOfLostNodes(config) !== 'on' || mirror === undefined) return undefined;
  return new ClusterMirror({ cluster, mirror, boot, hasLog: outbox.dir !== undefined, clock, log });
}

/** Commands that the mirror's Redis must permit besides those of a node on its own. */
export function clusterTrial(config: GatewayConfig): string[][] {
  const { cluster, node } = config;
  if (cluster === undefined || closesOfLostNodes(config) !== 'on') return [];
  return trialCommands(cluster.name, memberOf({ node: formatNode(node), epoch: 0 }));
}

/** Whether the nodes of the cluster close the connections of lost ones; undefined without a cluster. */
export function closesOfLostNodes({ cluster, mirror, workers }: GatewayConfig): string | undefined {
  if (cluster === undefined) return undefined;
  if (mirror === undefined) return 'off: connection_redis_sync.addr is not set';
  return workers > 1 ? 'off: workers is more than 1' : 'on';
}
