import type { AccessParts } from './admission/compose-admission.js';
import {
  composeConnections,
  composeStore,
  composeTransport,
  publicHeadBytes,
  type ConnectionStore,
  type SharedDeps,
} from './connection-parts.js';
import type { ConnectionDrain } from './delivery/connection-drain.js';
import type { ConnectionHandler } from './ingress/connection-handler.js';
import type { Route } from './internal-api/route.js';
import { DurationCounts } from './metrics/duration-counts.js';
import { readWorkerFigures } from './metrics/worker-figures.js';
import { composeMirror } from './mirror/compose-mirror.js';
import type { ConnectionMirror } from './mirror/connection-mirror.js';
import { PluginHost } from './plugin/plugin-host.js';
import { callRoutes, composeRouter } from './route-parts.js';
import { chooseTransport } from './transport/choose-transport.js';
import type { Transport } from './transport/transport.js';
import { FigureReports } from './workers/figure-reports.js';
import type { FrameLink } from './workers/frame-link.js';
import { connectLink } from './workers/link-server.js';
import { Handover } from './workers/handover.js';
import { areLimitsShared, limitsOfWorker } from './workers/node-limits.js';
import { RelayBus } from './workers/relay-bus.js';
import { RelayOutbox } from './workers/relay-outbox.js';
import { WorkerCalls } from './workers/worker-calls.js';
import type { WorkerStart } from './workers/worker-control.js';
import { WorkerLimits } from './workers/worker-limits.js';

/** Configuration and collaborators of a worker. */
export interface WorkerPartsDeps extends SharedDeps {
  readonly start: WorkerStart;
  /** False before the start and during the drain. */
  readonly acceptsUpgrades: () => boolean;
}

/** The parts of a worker, not started yet. */
export interface WorkerParts {
  readonly link: FrameLink;
  readonly store: ConnectionStore;
  readonly outbox: RelayOutbox;
  /** Writes the connections of this worker; undefined without a mirror. */
  readonly mirror: ConnectionMirror | undefined;
  readonly access: AccessParts;
  readonly drain: ConnectionDrain;
  readonly handler: ConnectionHandler;
  readonly plugins: PluginHost;
  readonly transport: Transport;
  readonly handover: Handover;
}

/**
 * Creates the parts of a worker: everything between sockets and outbox, whose events go to the
 * supervisor. Rejects with `transport.unavailable`.
 */
export async function composeWorker(given: WorkerPartsDeps): Promise<WorkerParts> {
  const { log, clock, start } = given;
  const config = { ...given.config, limits: limitsOfWorker(given.config.limits, start) };
  const deps = { ...given, config };
  const chosen = await chooseTransport(config.transport, { maxHeadBytes: publicHeadBytes(config) });
  const link = await connectLink(start.linkPath, start.worker);
  const store = composeStore({ ...deps, worker: start.worker });
  const { registry, delivery, local } = store;
  const mirror = composeMirror({ config, registry, clock, log, part: { kind: 'connections' } });
  const outbox = new RelayOutbox({
    link,
    gate: mirror?.gate,
    config: config.outbox,
    workers: start.workers,
    onRefused: (id, reason, isMessage) => {
      const connection = registry.get(id);
      if (connection !== undefined) delivery.closeOne(connection, reason);
      if (isMessage) connections.counters.messagesRefused += 1;
    },
  });
  if (mirror !== undefined) outbox.onDelivered((through) => mirror.delivered(through));
  const common = areLimitsShared(given.config.limits) ? new WorkerLimits(link) : undefined;
  const connections = composeConnections({ ...deps, store, outbox, observer: mirror, common, isWorker: true });
  const { access, handler, counters } = connections;
  const handover = new Handover(start.handoverPath);
  const bus = new RelayBus(link);
  const sendDurations = new DurationCounts();
  const own = callRoutes({ config, bus, sendDurations });
  const router = composeRouter(deps, [...own, ...handedRoutes(start, handover, own)], access.guard);
  const http = config.internalListen === undefined ? router.handle : router.handleOpenRoutes;
  const transport = composeTransport({ ...deps, chosen, store, handler, access, http, sharesPort: true });
  // Frames are read after this tick, so none arrives before its handler is set.
  void new WorkerCalls({ link, bus: local, clock });
  const sources = {
    counters,
    delivery: delivery.counters,
    sendDurations,
    ...gaugesOf(store, outbox),
    mirror: mirror && (() => mirror.state()),
  };
  void new FigureReports({ link, clock, read: (lagMs) => readWorkerFigures(sources, lagMs) });
  const { plugins, baseDir } = config;
  const pluginHost = new PluginHost({ plugins, baseDir, connections: local.local, log, isWorker: true });
  return { ...connections, link, store, outbox, mirror, plugins: pluginHost, transport, handover };
}

/** Figures of what this worker holds now. */
function gaugesOf({ registry, delivery }: ConnectionStore, outbox: RelayOutbox) {
  return {
    backlog: () => delivery.backlog(),
    connections: () => registry.size,
    heldBytes: () => outbox.state().heldBytes,
  };
}

/** The routes that the supervisor answers. */
function handedRoutes({ handedRoutes: handed }: WorkerStart, handover: Handover, own: readonly Route[]): Route[] {
  const isOwn = new Set(own.map(({ path }) => path));
  return handed.flatMap(({ path, method, open }) =>
    isOwn.has(path)
      ? []
      : { path, method, open, handle: (exchange, trusted) => handover.pass(path, exchange, trusted) },
  );
}
