import type { WsgError } from '../core/error.js';
import { packageVersion } from '../core/package-version.js';
import { composeApiAccess, type ApiAccess } from './admission/compose-admission.js';
import type { Bus } from './bus/bus.js';
import type { ClusterBus } from './cluster/cluster-bus.js';
import { composeCluster } from './cluster/compose-cluster.js';
import { ConnectionIdSource, formatNode } from './connection/connection-id.js';
import { ConnectionRegistry } from './connection/registry.js';
import { composeInternalListener, publicHeadBytes, type SharedDeps } from './connection-parts.js';
import { composeEvents, type EventParts } from './event-parts.js';
import type { Readiness } from './internal-api/health-routes.js';
import type { Route } from './internal-api/route.js';
import { DurationCounts } from './metrics/duration-counts.js';
import { FigureTotals } from './metrics/figure-totals.js';
import { GatewayCounters } from './metrics/gateway-counters.js';
import { GatewayMetrics } from './metrics/gateway-metrics.js';
import { parseWorkerFigures } from './metrics/worker-figures.js';
import { composeMirror } from './mirror/compose-mirror.js';
import type { ConnectionMirror } from './mirror/connection-mirror.js';
import { composeRouter, composeRoutes } from './route-parts.js';
import { chooseTransport, type ChosenTransport } from './transport/choose-transport.js';
import type { HttpListener } from './transport/http/http-listener.js';
import { FigureRequests } from './workers/figure-requests.js';
import { HandoverServer } from './workers/handover-server.js';
import { LinkServer } from './workers/link-server.js';
import { areLimitsShared, NodeLimits } from './workers/node-limits.js';
import { OutboxIntake } from './workers/outbox-intake.js';
import { underWayBytes } from './workers/relay-outbox.js';
import { RelayedCalls } from './workers/relayed-calls.js';
import { WorkersBus } from './workers/workers-bus.js';
import { WorkersGate } from './workers/workers-gate.js';

/** Configuration and collaborators of a supervisor. */
export interface SupervisorPartsDeps extends SharedDeps {
  readonly readiness: () => Readiness;
  /** Takes the reason when the gateway cannot go on and must be stopped. */
  readonly onUnusable: (error: WsgError) => void;
  /** Number of log lines that could not be written; undefined if it is not counted. */
  readonly droppedLogLines?: (() => number) | undefined;
  /** Details of the workers for `/healthz` and `/readyz`. */
  readonly workerDetails: () => Readonly<Record<string, string | number>>;
}

/** The parts of a supervisor, not started yet. */
export interface SupervisorParts extends EventParts {
  readonly bus: Bus;
  /** The same bus in a cluster; undefined for a node on its own. */
  readonly cluster: ClusterBus | undefined;
  readonly chosen: ChosenTransport;
  readonly access: ApiAccess;
  readonly routes: readonly Route[];
  readonly internalListener: HttpListener | undefined;
  readonly links: LinkServer;
  readonly intake: OutboxIntake;
  /** Claims the node in Redis; workers write their connections. Undefined without a mirror. */
  readonly mirror: ConnectionMirror | undefined;
  /** Asks the workers for their figures when metrics are read. */
  readonly figures: FigureRequests;
  readonly handover: HandoverServer;
}

/**
 * Creates the parts of a supervisor: everything from the outbox to the sinks, the bus and the
 * internal API of all workers. Rejects with `transport.unavailable`.
 */
export async function composeSupervisor(deps: SupervisorPartsDeps): Promise<SupervisorParts> {
  const { config } = deps;
  const chosen = await chooseTransport(config.transport, { maxHeadBytes: publicHeadBytes(config) });
  const core = composeCore(deps, chosen);
  const { access } = core;
  const routes = composeApi(deps, core, chosen);
  const router = composeRouter(deps, routes, access.guard);
  const internalListener = composeInternalListener({ ...deps, access, http: router.handle });
  return { ...core, chosen, routes, internalListener, handover: handoverOf(deps, routes) };
}

/** Everything between the links of workers and the sinks. */
interface SupervisorCore extends EventParts {
  readonly bus: Bus;
  readonly cluster: ClusterBus | undefined;
  readonly echo: DurationCounts;
  readonly access: ApiAccess;
  readonly links: LinkServer;
  readonly intake: OutboxIntake;
  readonly mirror: ConnectionMirror | undefined;
  readonly sendDurations: DurationCounts;
  /** Counts of this process and of all workers. */
  readonly totals: FigureTotals;
  readonly figures: FigureRequests;
}

function composeCore(deps: SupervisorPartsDeps, chosen: ChosenTransport): SupervisorCore {
  const { config, log, clock } = deps;
  const node = formatNode(config.node);
  const gate = new WorkersGate();
  const events = composeEvents({ ...deps, gate });
  const { boot, outbox } = events;
  const counters = new GatewayCounters();
  const mirror = composeClaim(deps, (id) => intake.has(id));
  if (mirror !== undefined) outbox.onDelivered((through) => mirror.delivered(through));
  const closed = (id: string, sequence: number): void => {
    counters.countClose('worker_crashed');
    mirror?.closedBefore([id], sequence);
  };
  const canPause = chosen.name === 'ws';
  const spareBytes = underWayBytes(config.outbox.maxBytes, config.workers);
  const intake = new OutboxIntake({ outbox, gate, canPause, spareBytes, node, log, observer: { closed } });
  const inner = new WorkersBus({ node, clock });
  const echo = new DurationCounts();
  const cluster = composeCluster({ ...deps, boot, inner, connections: () => intake.connections, echo });
  const bus = cluster ?? inner;
  const relayed = new RelayedCalls({ bus, clock });
  const limits = areLimitsShared(config.limits) ? new NodeLimits({ limits: config.limits, clock }) : undefined;
  const counting = composeTotals(deps, counters);
  const links = new LinkServer((link) => {
    for (const part of [intake, inner, relayed, limits, counting.figures]) part?.attach(link);
  });
  const access = composeApiAccess({ config, log, clock, counters });
  return { ...events, ...counting, bus, cluster, echo, access, links, intake, mirror };
}

/** Creates the part of the mirror that no worker has. */
function composeClaim(
  { config, clock, log }: SupervisorPartsDeps,
  isOpen: (id: string) => boolean,
): ConnectionMirror | undefined {
  const registry = new ConnectionRegistry(new ConnectionIdSource(config.node));
  return composeMirror({ config, registry, clock, log, part: { kind: 'claim', isOpen } });
}

/** Creates the sums of what all processes count. `counters` are those of this process. */
function composeTotals({ clock, droppedLogLines }: SupervisorPartsDeps, counters: GatewayCounters) {
  const sendDurations = new DurationCounts();
  const totals = new FigureTotals({ counters, sendDurations, droppedLogLines });
  const figures = new FigureRequests({
    clock,
    onFigures: (worker, given) => {
      const read = parseWorkerFigures(given);
      if (read !== undefined) totals.heard(worker, read);
    },
    onSilent: (worker) => totals.silent(worker),
    onGone: (worker) => totals.gone(worker),
  });
  return { sendDurations, totals, figures };
}

function composeApi(deps: SupervisorPartsDeps, core: SupervisorCore, chosen: ChosenTransport): Route[] {
  const { boot, bus, cluster, outbox, embedded, intake, sendDurations } = core;
  const { workerDetails: moreDetails } = deps;
  const connections = () => intake.connections;
  const metrics = () => composeMetrics(core, chosen.name);
  const shown = { chosen, connections, moreDetails, metrics };
  return composeRoutes({ ...deps, boot, bus, cluster, outbox, embedded, sendDurations, ...shown });
}

function composeMetrics(
  { outbox, embedded, cluster, echo, intake, mirror, totals, figures }: SupervisorCore,
  transport: string,
): GatewayMetrics {
  const { counters, delivery, sendDurations } = totals;
  const refresh = async () => {
    await figures.refresh();
    totals.add();
  };
  const outboxState = () => {
    const state = outbox.state();
    return { ...state, heldBytes: state.heldBytes + totals.heldBytes };
  };
  return new GatewayMetrics({
    counters,
    delivery,
    sendDurations,
    backlog: () => totals.backlog(),
    outbox: outboxState,
    ring: embedded && (() => embedded.state()),
    mirror: mirror && (() => totals.mirror(mirror.state())),
    cluster: cluster && { state: () => cluster.state(), echo },
    workers: { refresh, workers: () => totals.workers() },
    connections: () => intake.connections,
    droppedLogLines: () => totals.droppedLogLines(),
    version: packageVersion(),
    transport,
  });
}

/** The server for requests that workers have allowed and routed. */
function handoverOf({ log }: SupervisorPartsDeps, routes: readonly Route[]): HandoverServer {
  const byPath = new Map(routes.map((route) => [route.path, route]));
  return new HandoverServer({
    log,
    serve: (path, exchange, trusted) => {
      const route = byPath.get(path);
      if (route === undefined) throw new Error(`a worker handed over a request to ${path}, which is not a route`);
      return route.handle(exchange, trusted);
    },
  });
}
