import type { Clock } from '../../core/clock.js';
import type { WsgError } from '../../core/error.js';
import type { Logger } from '../../core/logger.js';
import { packageVersion } from '../../core/package-version.js';
import type { Bus } from '../bus/bus.js';
import type { NodeStatus } from '../bus/nodes.js';
import type { GatewayConfig } from '../config/gateway-config.js';
import type { EventBoot } from '../event/gateway-event.js';
import type { ClusterPresence } from '../mirror/member-watch.js';
import { ClusterBus } from './cluster-bus.js';
import { createEngine } from './engines/create-engine.js';

/** Time since the last beat for which a node counts as heard. */
const HEARD_MS = 7_000;

export interface ComposeClusterDeps {
  readonly config: GatewayConfig;
  readonly boot: EventBoot;
  /** The connections of this node. */
  readonly inner: Bus;
  readonly clock: Clock;
  readonly log: Logger;
  /** The first word of `/readyz`. */
  readonly readiness: () => string;
  /** Number of open connections of this node. */
  readonly connections: () => number;
  /** Takes the time from a beat to its return. */
  readonly echo: { record(durationMs: number): void };
  /** Takes the reason when this node cannot stay in the cluster and must end. */
  readonly onUnusable: (error: WsgError) => void;
}

/** Creates the bus of a node in a cluster, not started yet; undefined for a node on its own. */
export function composeCluster(deps: ComposeClusterDeps): ClusterBus | undefined {
  const { config, boot, inner, clock, log, readiness, connections, echo, onUnusable } = deps;
  const { cluster, node, workers, outbox } = config;
  if (cluster === undefined) return undefined;
  const version = packageVersion();
  const closesAfterMs = outbox.dir === undefined ? 0 : cluster.declareDeadMs;
  const fixed = { version, workers, address: cluster.advertise, closesAfterMs };
  return new ClusterBus({
    self: { node, boot: boot.epoch },
    inner,
    engine: createEngine(cluster, { clock, log }),
    clock,
    log,
    deadlineMs: cluster.deadlineMs,
    describe: () => ({ ...fixed, state: readiness(), connections: connections() }),
    echo,
    leasesNumber: cluster.leasesNumber,
    onConflict: onUnusable,
  });
}

/** Details of the cluster for `/readyz`. */
export function clusterDetails(bus: ClusterBus): Readonly<Record<string, string | number>> {
  const { engine, isUp, isDeaf, members, suspects } = bus.state();
  const state = isDeaf ? 'deaf' : isUp ? 'up' : 'down';
  return { cluster_engine: `${engine} ${state}`, cluster_members: members, cluster_suspects: suspects };
}

/** The view of the cluster that the closing of lost nodes' connections needs. */
export function clusterPresence(bus: ClusterBus): ClusterPresence {
  const isHeard = ({ own, lastHeardMs }: NodeStatus): boolean => !own && lastHeardMs < HEARD_MS;
  return {
    get hearsItself() {
      return bus.isIn && !bus.isDeaf;
    },
    hears: (name, epoch) => bus.nodes().some((each) => each.node === name && each.boot <= epoch && isHeard(each)),
  };
}
