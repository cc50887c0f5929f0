import type { WsgError } from '../core/error.js';
import { packageVersion } from '../core/package-version.js';
import type { AccessParts } from './admission/compose-admission.js';
import type { Bus } from './bus/bus.js';
import type { ClusterBus } from './cluster/cluster-bus.js';
import { clusterPresence, composeCluster } from './cluster/compose-cluster.js';
import {
  composeConnections,
  composeInternalListener,
  composeStore,
  composeTransport,
  publicHeadBytes,
  type ConnectionParts,
  type ConnectionStore,
  type SharedDeps,
} from './connection-parts.js';
import type { Connection } from './connection/connection.js';
import type { ConnectionRegistry } from './connection/registry.js';
import type { ConnectionDrain } from './delivery/connection-drain.js';
import { composeEvents, newBoot, type EventParts } from './event-parts.js';
import type { ConnectionHandler } from './ingress/connection-handler.js';
import type { Readiness } from './internal-api/health-routes.js';
import type { Router } from './internal-api/router.js';
import { DurationCounts } from './metrics/duration-counts.js';
import { GatewayMetrics, type GatewayMetricsDeps } from './metrics/gateway-metrics.js';
import type { ClusterMirror } from './mirror/cluster-mirror.js';
import { composeClusterMirror, composeMirror } from './mirror/compose-mirror.js';
import type { ConnectionMirror } from './mirror/connection-mirror.js';
import { LostEvents } from './mirror/lost-events.js';
import type { EventOutbox } from './outbox/event-outbox.js';
import { destinationTemplates } from './sinks/create-sinks.js';
import { PluginHost } from './plugin/plugin-host.js';
import { composeRouter, composeRoutes } from './route-parts.js';
import { chooseTransport, type ChosenTransport } from './transport/choose-transport.js';
import type { HttpListener } from './transport/http/http-listener.js';
import type { Transport } from './transport/transport.js';

/** Configuration and collaborators of a gateway. */
export interface GatewayPartsDeps extends SharedDeps {
  readonly readiness: () => Readiness;
  /**
   * False before the start and after `drain.pause_s` of a drain. During that pause upgrades are
   * accepted, although `/readyz` reports draining.
   */
  readonly acceptsUpgrades: () => boolean;
  /** Takes the reason when the gateway cannot go on and must be stopped. */
  readonly onUnusable: (error: WsgError) => void;
  /** Number of log lines that could not be written; undefined if it is not counted. */
  readonly droppedLogLines?: (() => number) | undefined;
}

/** The parts of a gateway, not started yet. */
export interface GatewayParts {
  readonly registry: ConnectionRegistry;
  readonly outbox: EventOutbox;
  readonly mirror: ConnectionMirror | undefined;
  /** Undefined when no other node closes the connections of this one. */
  readonly clusterMirror: ClusterMirror | undefined;
  readonly bus: Bus;
  /** The same bus in a cluster; undefined for a node on its own. */
  readonly cluster: ClusterBus | undefined;
  readonly handler: ConnectionHandler;
  readonly access: AccessParts;
  readonly drain: ConnectionDrain;
  readonly plugins: PluginHost;
  readonly transport: Transport;
  readonly chosen: ChosenTransport;
  readonly internalListener: HttpListener | undefined;
}

/**
 * Creates all parts of a gateway that is one process. Rejects with `transport.unavailable`.
 */
export async function composeGateway(deps: GatewayPartsDeps): Promise<GatewayParts> {
  const { config, log } = deps;
  const chosen = await chooseTransport(config.transport, { maxHeadBytes: publicHeadBytes(config) });
  const core = composeCore(deps);
  const { access, local } = core;
  const router = composeApi(deps, core, chosen);
  const internalListener = composeInternalListener({ ...deps, access, http: router.handle });
  const http = internalListener === undefined ? router.handle : router.handleOpenRoutes;
  const { handler } = core;
  const transport = composeTransport({ ...deps, chosen, store: core, handler, access, http, sharesPort: false });
  const { plugins, baseDir } = config;
  const pluginHost = new PluginHost({ plugins, baseDir, connections: local.local, log });
  return { ...core, transport, chosen, internalListener, plugins: pluginHost };
}

/** Everything between sockets and sinks. */
interface GatewayCore extends ConnectionStore, ConnectionParts, EventParts {
  readonly bus: Bus;
  readonly cluster: ClusterBus | undefined;
  readonly echo: DurationCounts;
  readonly mirror: ConnectionMirror | undefined;
  readonly clusterMirror: ClusterMirror | undefined;
}

function composeCore(deps: GatewayPartsDeps): GatewayCore {
  const store = composeStore(deps);
  const boot = newBoot(deps);
  const clusterMirror = composeClusterMirror(deps, boot);
  const mirror = composeMirror({ ...deps, registry: store.registry, clusterMirror });
  const events = composeEvents({ ...deps, gate: mirror?.gate, boot, clusterMirror });
  const { outbox } = events;
  if (mirror !== undefined) outbox.onDelivered((through) => mirror.delivered(through));
  const connections = composeConnections({ ...deps, store, outbox, observer: mirror });
  const echo = new DurationCounts();
  const { local: inner, registry } = store;
  const cluster = composeCluster({ ...deps, boot: events.boot, inner, connections: () => registry.size, echo });
  const bus = cluster ?? inner;
  const core = { ...store, ...events, ...connections, bus, cluster, echo, mirror, clusterMirror };
  joinClusterMirror(deps, core);
  return core;
}

function joinClusterMirror({ config, clock, log }: GatewayPartsDeps, core: GatewayCore): void {
  const { clusterMirror, cluster, mirror, outbox, registry, handler } = core;
  if (clusterMirror === undefined || cluster === undefined || mirror === undefined) return;
  const templates = destinationTemplates(config.sinks);
  const events = new LostEvents({ endpoints: config.endpoints, templates, clock, log });
  const disown = (connection: Connection): void => {
    outbox.disown(connection.id);
    handler.disown(connection);
  };
  clusterMirror.join({ mirror, outbox, registry, events, presence: clusterPresence(cluster), disown });
}

function composeApi(deps: GatewayPartsDeps, core: GatewayCore, chosen: ChosenTransport): Router {
  const { boot, bus, cluster, registry, outbox, embedded } = core;
  const { droppedLogLines } = deps;
  const sendDurations = new DurationCounts();
  const routes = composeRoutes({
    ...deps,
    boot,
    bus,
    cluster,
    chosen,
    connections: () => registry.size,
    outbox,
    embedded,
    sendDurations,
    metrics: () => composeMetrics(core, chosen, { sendDurations, droppedLogLines }),
  });
  return composeRouter(deps, routes, core.access.guard);
}

function composeMetrics(
  { counters, delivery, outbox, embedded, mirror, registry, cluster, echo, clusterMirror }: GatewayCore,
  chosen: ChosenTransport,
  more: Pick<GatewayMetricsDeps, 'sendDurations' | 'droppedLogLines'>,
): GatewayMetrics {
  return new GatewayMetrics({
    counters,
    delivery: delivery.counters,
    backlog: () => delivery.backlog(),
    outbox: () => outbox.state(),
    ring: embedded && (() => embedded.state()),
    mirror: mirror && (() => mirror.state()),
    cluster: cluster && { state: () => cluster.state(), echo },
    lostNodes: clusterMirror && (() => clusterMirror.state()),
    connections: () => registry.size,
    ...more,
    transport: chosen.name,
    version: packageVersion(),
  });
}
