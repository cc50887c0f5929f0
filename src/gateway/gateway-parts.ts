import type { Clock } from '../core/clock.js';
import type { Logger } from '../core/logger.js';
import { LimitedLog } from '../core/limited-log.js';
import { composeAccess, type AccessParts } from './admission/compose-admission.js';
import type { Bus } from './bus/bus.js';
import { LocalBus } from './bus/local-bus.js';
import type { GatewayConfig } from './config/gateway-config.js';
import { ConnectionDrain } from './delivery/connection-drain.js';
import { ConnectionHandler } from './ingress/connection-handler.js';
import { ConnectionIdSource, formatNode } from './connection/connection-id.js';
import { ConnectionRegistry } from './connection/registry.js';
import { Delivery } from './delivery/delivery.js';
import { healthRoutes, metricsRoute, outboxDetails, type Readiness } from './internal-api/health-routes.js';
import { Router } from './internal-api/router.js';
import { timedRoute, type Route } from './internal-api/route.js';
import { sendRoutes } from './internal-api/send-routes.js';
import { statusRoutes } from './internal-api/status-routes.js';
import { packageVersion } from '../core/package-version.js';
import { DurationCounts } from './metrics/duration-counts.js';
import { GatewayCounters } from './metrics/gateway-counters.js';
import { GatewayMetrics, type GatewayMetricsDeps } from './metrics/gateway-metrics.js';
import { composeMirror } from './mirror/compose-mirror.js';
import type { ConnectionMirror } from './mirror/connection-mirror.js';
import { EventOutbox } from './outbox/event-outbox.js';
import { PluginHost } from './plugin/plugin-host.js';
import { EventStream } from './internal-api/event-stream.js';
import { createSinks, destinationTemplates } from './sinks/create-sinks.js';
import type { MemorySink } from './sinks/memory/memory-sink.js';
import type { MalformedRequest } from './transport/http/client-errors.js';
import { chooseTransport, type ChosenTransport } from './transport/choose-transport.js';
import { HttpListener } from './transport/http/http-listener.js';
import type { Transport } from './transport/transport.js';

/** Configuration and collaborators of a gateway. */
export interface GatewayPartsDeps {
  readonly config: GatewayConfig;
  readonly log: Logger;
  readonly clock: Clock;
  readonly readiness: () => Readiness;
  /**
   * False before the start and after `drain.pause_s` of a drain. During that pause upgrades are
   * accepted, although `/readyz` reports draining.
   */
  readonly acceptsUpgrades: () => boolean;
  /** Number of log lines that could not be written; undefined if it is not counted. */
  readonly droppedLogLines?: (() => number) | undefined;
}

/** The parts of a gateway, not started yet. */
export interface GatewayParts {
  readonly registry: ConnectionRegistry;
  readonly outbox: EventOutbox;
  readonly mirror: ConnectionMirror | undefined;
  readonly bus: Bus;
  readonly handler: ConnectionHandler;
  readonly access: AccessParts;
  readonly drain: ConnectionDrain;
  readonly plugins: PluginHost;
  readonly transport: Transport;
  readonly chosen: ChosenTransport;
  readonly internalListener: HttpListener | undefined;
}

/**
 * Creates all parts of a gateway; the one place that knows all of them. Rejects with
 * `transport.unavailable`.
 */
export async function composeGateway(deps: GatewayPartsDeps): Promise<GatewayParts> {
  const { config, log } = deps;
  const { maxHeaderBytes: maxHeadBytes, maxQueryBytes } = config.limits;
  const chosen = await chooseTransport(config.transport, {
    maxHeadBytes: maxHeadBytes + (config.internalListen === undefined ? maxQueryBytes : 0),
  });
  const core = composeCore(deps);
  const { local, delivery, handler } = core;
  const router = composeRouter(deps, core, chosen);
  const { internalListen, endpoints, listen, tls, plugins, baseDir } = config;
  const { addressOf, sendsProxyHeader, longQueries, plainConnections } = core.access;
  const malformed = new LimitedLog(log, deps.clock);
  const onMalformed = (request: MalformedRequest): void => malformed.warn('http.malformed', { ...request });
  const common = { log, maxHeadBytes, addressOf, onMalformed };
  const internalListener =
    internalListen &&
    new HttpListener({
      ...common,
      longQueries,
      plainConnections: plainConnections.ofInternalApi,
      listen: internalListen,
      http: router.handle,
    });
  const http = internalListener === undefined ? router.handle : router.handleOpenRoutes;
  const onCloseIgnored = (): void => {
    delivery.counters.closeIgnored += 1;
  };
  const shared = { listen, tls, endpoints, handler, http, onCloseIgnored };
  const transport = chosen.create({
    ...shared,
    ...common,
    sendsProxyHeader,
    plainConnections: plainConnections.ofClients,
    inflateLimits: {
      maxRatio: config.limits.maxInflateRatio,
      bytesPerSecond: config.limits.maxInflateBytesPerSecond,
    },
    longQueries: internalListener === undefined ? longQueries : undefined,
  });
  local.deliverThrough(transport);
  const pluginHost = new PluginHost({ plugins, baseDir, connections: local.local, log });
  const drain = core.drain;
  return { ...core, drain, transport, chosen, internalListener, plugins: pluginHost };
}

interface GatewayCore {
  readonly registry: ConnectionRegistry;
  readonly local: LocalBus;
  readonly delivery: Delivery;
  readonly bus: Bus;
  readonly embedded: MemorySink | undefined;
  readonly outbox: EventOutbox;
  readonly mirror: ConnectionMirror | undefined;
  readonly counters: GatewayCounters;
  readonly drain: ConnectionDrain;
  readonly handler: ConnectionHandler;
  readonly access: AccessParts;
}

/** Creates everything between sockets and sinks. */
function composeCore({ config, log, clock, acceptsUpgrades }: GatewayPartsDeps): GatewayCore {
  const registry = new ConnectionRegistry(new ConnectionIdSource(config.node));
  for (const { setTags, includeTags } of config.endpoints) registry.learnTagKeys([...setTags.keys(), ...includeTags]);
  const delivery = new Delivery({ registry, clock });
  const local = new LocalBus({ node: formatNode(config.node), registry, delivery, maxTags: config.limits.maxTags });
  const boot = { node: formatNode(config.node), epoch: clock.wallNow() };
  const { all, embedded } = createSinks({ config, boot, clock, log, recovered: () => outbox.recovered });
  const mirror = composeMirror({ config, registry, clock, log });
  const outbox = new EventOutbox({
    boot,
    sinks: all,
    positions: config.sinks.positions,
    config: config.outbox,
    gate: mirror?.gate,
    clock,
    log,
  });
  if (mirror !== undefined) outbox.onDelivered((through) => mirror.delivered(through));
  const counters = new GatewayCounters();
  const drain = new ConnectionDrain({ registry, delivery, clock });
  const isClosedToNew = () => !acceptsUpgrades() || outbox.isFull;
  const access = composeAccess({ config, log, clock, registry, delivery, counters, isClosedToNew });
  const handler = new ConnectionHandler({
    endpoints: config.endpoints,
    registry,
    delivery,
    outbox,
    counters,
    templates: destinationTemplates(config.sinks),
    observer: mirror,
    admission: access.admission,
    rates: access.rates,
    onClosed: () => drain.connectionClosed(),
  });
  if (config.outbox.dir !== undefined) registry.onRetagged((connection) => handler.retagged(connection));
  return { registry, delivery, local, bus: local, embedded, outbox, mirror, counters, drain, handler, access };
}

function composeRouter(deps: GatewayPartsDeps, core: GatewayCore, chosen: ChosenTransport): Router {
  const { config, log, clock } = deps;
  return new Router({
    routes: composeRoutes(deps, core, chosen),
    guard: core.access.guard,
    webSocketPaths: config.endpoints.map(({ path }) => path),
    refusals: new LimitedLog(log, clock),
  });
}

function composeRoutes(deps: GatewayPartsDeps, core: GatewayCore, chosen: ChosenTransport): Route[] {
  const { config, clock, readiness, droppedLogLines } = deps;
  const { registry, bus, outbox, embedded } = core;
  const details = () => {
    const node = formatNode(config.node);
    return { node, ...transportDetails(chosen), connections: registry.size, ...outboxDetails(outbox.state()) };
  };
  const sendDurations = new DurationCounts();
  const routes = [
    ...sendRoutes({ bus, maxBodyBytes: config.maxSendBodyBytes, tagLimits: config.limits }).map((route) =>
      route.path === '/send' ? timedRoute(route, sendDurations) : route,
    ),
    ...statusRoutes(bus),
    ...healthRoutes({ readiness, details }),
  ];
  if (embedded !== undefined) {
    const stream = new EventStream(embedded, clock);
    routes.push({ path: '/events', method: 'GET', open: false, handle: (exchange) => stream.handle(exchange) });
  }
  if (config.metricsEnabled)
    routes.push(metricsRoute(composeMetrics(core, chosen, { sendDurations, droppedLogLines })));
  return routes;
}

/** Details of the transport for `/healthz`. */
function transportDetails({ name, reason, native }: ChosenTransport): Readonly<Record<string, string>> {
  const details = { transport: name, transport_reason: reason };
  if (native === undefined) return details;
  const { package: label, path, sha256 } = native;
  return { ...details, transport_package: label, transport_binary: path, transport_binary_sha256: sha256 };
}

function composeMetrics(
  { counters, delivery, outbox, embedded, mirror, registry }: GatewayCore,
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
    connections: () => registry.size,
    ...more,
    transport: chosen.name,
    version: packageVersion(),
  });
}
