import type { Clock } from '../core/clock.js';
import { LimitedLog } from '../core/limited-log.js';
import type { Logger } from '../core/logger.js';
import { composeAccess, type AccessParts, type ApiAccess } from './admission/compose-admission.js';
import { LocalBus } from './bus/local-bus.js';
import type { GatewayConfig } from './config/gateway-config.js';
import { ConnectionIdSource, formatNode } from './connection/connection-id.js';
import { ConnectionRegistry } from './connection/registry.js';
import { ConnectionDrain } from './delivery/connection-drain.js';
import { Delivery } from './delivery/delivery.js';
import type { EventObserver } from './ingress/connection-events.js';
import { ConnectionHandler } from './ingress/connection-handler.js';
import { GatewayCounters } from './metrics/gateway-counters.js';
import type { Outbox } from './outbox/outbox.js';
import { destinationTemplates } from './sinks/create-sinks.js';
import type { ChosenTransport } from './transport/choose-transport.js';
import type { MalformedRequest } from './transport/http/client-errors.js';
import type { HttpHandler } from './transport/http/http-exchange.js';
import { HttpListener } from './transport/http/http-listener.js';
import type { Transport } from './transport/transport.js';
import type { WorkerLimits } from './workers/worker-limits.js';

/** Configuration and collaborators that all parts of a gateway share. */
export interface SharedDeps {
  readonly config: GatewayConfig;
  readonly log: Logger;
  readonly clock: Clock;
}

/** The connections of this process and the way to send to them. */
export interface ConnectionStore {
  readonly registry: ConnectionRegistry;
  readonly delivery: Delivery;
  readonly local: LocalBus;
}

/** Configuration and collaborators of a store. */
export interface StoreDeps extends SharedDeps {
  /** The worker that has the connections; undefined in a gateway that is one process. */
  readonly worker?: number;
}

/** Creates the registry of this process's connections, with delivery and local bus. */
export function composeStore({ config, clock, worker }: StoreDeps): ConnectionStore {
  const registry = new ConnectionRegistry(new ConnectionIdSource(config.node, worker));
  for (const { setTags, includeTags } of config.endpoints) registry.learnTagKeys([...setTags.keys(), ...includeTags]);
  const delivery = new Delivery({ registry, clock });
  const node = formatNode(config.node);
  const local = new LocalBus({ node, registry, delivery, maxTags: config.limits.maxTags });
  return { registry, delivery, local };
}

/** Configuration and collaborators of the parts between sockets and outbox. */
export interface ConnectionPartsDeps extends SharedDeps {
  readonly store: ConnectionStore;
  readonly outbox: Outbox;
  /** Is notified of opens and closes: the mirror. */
  readonly observer: EventObserver | undefined;
  /** Whether upgrades are accepted, apart from a full outbox. */
  readonly acceptsUpgrades: () => boolean;
  /** Limits that several workers have in common; undefined in a process alone. */
  readonly common?: WorkerLimits | undefined;
  /** Whether this is a worker: its supervisor must know the tags of its connections. */
  readonly isWorker?: boolean;
}

/** Everything between sockets and outbox. */
export interface ConnectionParts {
  readonly counters: GatewayCounters;
  readonly drain: ConnectionDrain;
  readonly access: AccessParts;
  readonly handler: ConnectionHandler;
}

/** Creates everything between sockets and outbox. */
export function composeConnections(deps: ConnectionPartsDeps): ConnectionParts {
  const { config, log, clock, store, outbox, observer, acceptsUpgrades, common } = deps;
  const { registry, delivery } = store;
  const counters = new GatewayCounters();
  const drain = new ConnectionDrain({ registry, delivery, clock });
  const isClosedToNew = () => !acceptsUpgrades() || outbox.isFull;
  const access = composeAccess({ config, log, clock, registry, delivery, counters, isClosedToNew, common });
  const handler = new ConnectionHandler({
    endpoints: config.endpoints,
    registry,
    delivery,
    outbox,
    counters,
    templates: destinationTemplates(config.sinks),
    observer,
    admission: access.admission,
    rates: access.rates,
    onClosed: () => drain.connectionClosed(),
  });
  const notesTags = deps.isWorker === true || config.outbox.dir !== undefined;
  if (notesTags) registry.onRetagged((connection) => handler.retagged(connection));
  return { counters, drain, access, handler };
}

/** Configuration and collaborators of a listener. */
export interface ListenerDeps extends SharedDeps {
  readonly access: ApiAccess;
  readonly http: HttpHandler;
}

/** Options that every listener has: those of request heads and addresses. */
function listenerOptions({ config, log, clock, access, http }: ListenerDeps) {
  const malformed = new LimitedLog(log, clock);
  const onMalformed = (request: MalformedRequest): void => malformed.warn('http.malformed', { ...request });
  return { log, maxHeadBytes: config.limits.maxHeaderBytes, addressOf: access.addressOf, onMalformed, http };
}

/** Creates the listener of the internal API; undefined when that shares the public address. */
export function composeInternalListener(deps: ListenerDeps): HttpListener | undefined {
  const { internalListen } = deps.config;
  if (internalListen === undefined) return undefined;
  const { longQueries, plainConnections } = deps.access;
  return new HttpListener({
    ...listenerOptions(deps),
    longQueries,
    plainConnections: plainConnections.ofInternalApi,
    listen: internalListen,
  });
}

/** Configuration and collaborators of the transport. */
export interface TransportDeps extends ListenerDeps {
  readonly chosen: ChosenTransport;
  readonly store: ConnectionStore;
  readonly handler: ConnectionHandler;
  /** Whether other workers listen on the same port. */
  readonly sharesPort: boolean;
}

/** Creates the transport and lets the local bus deliver through it. */
export function composeTransport(deps: TransportDeps): Transport {
  const { config, chosen, store, handler, access } = deps;
  const { listen, tls, endpoints, limits } = config;
  const { counters } = store.delivery;
  const transport = chosen.create({
    ...listenerOptions(deps),
    listen,
    sharesPort: deps.sharesPort,
    tls,
    endpoints,
    handler,
    onCloseIgnored: () => (counters.closeIgnored += 1),
    sendsProxyHeader: access.sendsProxyHeader,
    plainConnections: access.plainConnections.ofClients,
    inflateLimits: { maxRatio: limits.maxInflateRatio, bytesPerSecond: limits.maxInflateBytesPerSecond },
    longQueries: config.internalListen === undefined ? access.longQueries : undefined,
  });
  store.local.deliverThrough(transport);
  return transport;
}

/** Largest request head that the public listener accepts; long queries are for the internal API. */
export function publicHeadBytes({ limits, internalListen }: GatewayConfig): number {
  return limits.maxHeaderBytes + (internalListen === undefined ? limits.maxQueryBytes : 0);
}
