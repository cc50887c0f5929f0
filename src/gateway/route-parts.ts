import { LimitedLog } from '../core/limited-log.js';
import type { RequestGuard } from './access/request-guard.js';
import { packageVersion } from '../core/package-version.js';
import type { Bus } from './bus/bus.js';
import type { NodeDirectory } from './bus/nodes.js';
import type { ClusterBus } from './cluster/cluster-bus.js';
import { clusterDetails } from './cluster/compose-cluster.js';
import type { GatewayConfig } from './config/gateway-config.js';
import { formatNode } from './connection/connection-id.js';
import type { SharedDeps } from './connection-parts.js';
import type { EventBoot } from './event/gateway-event.js';
import { batchRoute } from './internal-api/batch-route.js';
import { EventStream } from './internal-api/event-stream.js';
import { healthRoutes, metricsRoute, outboxDetails, type Readiness } from './internal-api/health-routes.js';
import { nodesRoute } from './internal-api/nodes-route.js';
import { timedRoute, type Route } from './internal-api/route.js';
import { Router } from './internal-api/router.js';
import { sendRoutes } from './internal-api/send-routes.js';
import { statusRoutes } from './internal-api/status-routes.js';
import type { DurationCounts } from './metrics/duration-counts.js';
import type { GatewayMetrics } from './metrics/gateway-metrics.js';
import { closesOfLostNodes } from './mirror/compose-mirror.js';
import type { OutboxState } from './outbox/outbox.js';
import type { MemorySink } from './sinks/memory/memory-sink.js';
import type { ChosenTransport } from './transport/choose-transport.js';

/** Configuration and collaborators of the routes of the internal API. */
export interface RoutesDeps extends SharedDeps {
  readonly boot: EventBoot;
  readonly bus: Bus;
  readonly readiness: () => Readiness;
  readonly chosen: ChosenTransport;
  /** Number of open connections. */
  readonly connections: () => number;
  readonly outbox: { state(): OutboxState };
  /** The ring behind `/events`; undefined when it is off. */
  readonly embedded: MemorySink | undefined;
  /** Durations of `/send` are added to it. */
  readonly sendDurations: DurationCounts;
  readonly metrics: () => GatewayMetrics;
  /** Further lines of `/healthz` and `/readyz`. */
  readonly moreDetails?: () => Readonly<Record<string, string | number>>;
  /** The bus of the cluster; undefined for a node on its own. */
  readonly cluster?: ClusterBus | undefined;
}

/** Creates the routes of the internal API. */
export function composeRoutes(deps: RoutesDeps): Route[] {
  const { config, clock, bus, readiness, chosen, outbox, embedded, cluster } = deps;
  const details = () => {
    const node = formatNode(config.node);
    const own = { node, ...transportDetails(chosen), connections: deps.connections(), ...deps.moreDetails?.() };
    return { ...own, ...(cluster && detailsOfCluster(config, cluster)), ...outboxDetails(outbox.state()) };
  };
  const routes = [
    ...callRoutes(deps),
    ...statusRoutes(bus),
    nodesRoute(config.cluster?.name, cluster ?? ownDirectory(deps)),
    ...healthRoutes({ readiness, details }),
  ];
  if (embedded !== undefined) {
    const stream = new EventStream(embedded, clock);
    routes.push({ path: '/events', method: 'GET', open: false, handle: (exchange) => stream.handle(exchange) });
  }
  if (config.metricsEnabled) routes.push(metricsRoute(deps.metrics()));
  return routes;
}

function detailsOfCluster(config: GatewayConfig, cluster: ClusterBus): Readonly<Record<string, string | number>> {
  const lostNodes = closesOfLostNodes(config);
  return { ...clusterDetails(cluster), ...(lostNodes && { cluster_lost_nodes: lostNodes }) };
}

/** The directory of a node on its own. */
function ownDirectory({ config, boot, readiness, connections }: RoutesDeps): NodeDirectory {
  const { workers, cluster } = config;
  const own = {
    node: boot.node,
    boot: boot.epoch,
    version: packageVersion(),
    workers,
    address: cluster?.advertise,
    lastHeardMs: 0,
    suspect: false,
    own: true,
  };
  return { nodes: () => [{ ...own, state: readiness(), connections: connections() }] };
}

/** Creates the routes that act on connections: `/send`, `/settags`, `/close` and `/batch`. */
export function callRoutes({
  config,
  bus,
  sendDurations,
}: Pick<RoutesDeps, 'config' | 'bus' | 'sendDurations'>): Route[] {
  const { maxSendBodyBytes: maxBodyBytes, limits: tagLimits, cluster } = config;
  const routes = sendRoutes({ bus, maxBodyBytes, tagLimits, cluster });
  const single = routes.map((route) => (route.path === '/send' ? timedRoute(route, sendDurations) : route));
  return [...single, batchRoute({ bus, maxBodyBytes, cluster })];
}

/** Creates the router of these routes. */
export function composeRouter(
  { config, log, clock }: SharedDeps,
  routes: readonly Route[],
  guard: RequestGuard,
): Router {
  return new Router({
    routes,
    guard,
    webSocketPaths: config.endpoints.map(({ path }) => path),
    refusals: new LimitedLog(log, clock),
  });
}

/** Details of the transport for `/healthz`. */
function transportDetails({ name, reason, native }: ChosenTransport): Readonly<Record<string, string>> {
  const details = { transport: name, transport_reason: reason };
  if (native === undefined) return details;
  const { package: label, path, sha256 } = native;
  return { ...details, transport_package: label, transport_binary: path, transport_binary_sha256: sha256 };
}
