import type { EndpointConfig } from '../config/gateway-config.js';
import type { Delivery } from '../delivery/delivery.js';
import type { GatewayCounters } from '../metrics/gateway-counters.js';
import type { EventDestinations } from '../event/event-destinations.js';
import type { Outbox } from '../outbox/outbox.js';
import type { HttpRequest } from '../transport/http-exchange.js';
import type { Socket } from '../transport/socket.js';
import type { TransportEndpoint, TransportHandler, UpgradeDecision } from '../transport/transport.js';
import type { Connection } from './connection.js';
import { nameCloseReason } from './close-reason.js';
import { ConnectionEvents } from './connection-events.js';
import { HeldMessages, type ClientMessage } from './held-messages.js';
import type { ConnectionRegistry } from './registry.js';

export interface ConnectionHandlerOptions {
  readonly endpoints: readonly EndpointConfig[];
  readonly registry: ConnectionRegistry;
  readonly delivery: Delivery;
  readonly outbox: Outbox;
  readonly counters: GatewayCounters;
  /** Destinations of the sinks as configured; undefined when none of them has a placeholder. */
  readonly templates?: EventDestinations | undefined;
  /** True while no new connections are wanted: the gateway starts or drains. */
  readonly isClosedToNew: () => boolean;
  /** Called after each close, when the connection is gone from the registry and its close event appended. */
  readonly onClosed: () => void;
}

/** What an endpoint adds to its configuration while connections are handled. */
interface ServedEndpoint {
  readonly config: EndpointConfig;
  readonly origins: ReadonlySet<string>;
}

const UNAVAILABLE: UpgradeDecision = { accept: false, status: 503, headers: { 'Retry-After': '1' } };

/**
 * Makes connections of sockets and events of what happens to them. The events of a connection are appended in the order
 * in which they happened; a connection whose open or message could not be appended ends with 1013, and none of its later
 * messages is accepted, so what a backend reads has no hole.
 */
export class ConnectionHandler implements TransportHandler<Connection> {
  readonly #options: ConnectionHandlerOptions;
  readonly #events: ConnectionEvents;
  readonly #endpoints: ReadonlyMap<string, ServedEndpoint>;
  /** Connections whose open event was refused: no backend knows them, so it is told of no close either. */
  readonly #unannounced = new WeakSet<Connection>();
  /** Only where the transport can pause: a pause does not stop what has been read already. */
  #held: HeldMessages | undefined;
  #paused = false;

  constructor(options: ConnectionHandlerOptions) {
    this.#options = options;
    this.#events = new ConnectionEvents(options.outbox, options.endpoints, options.templates);
    this.#endpoints = new Map(options.endpoints.map((config) => [config.path, serve(config)]));
  }

  /** Begins to pause clients while the outbox is full. Only for transports that can. */
  pauseWhenFull(): void {
    const held = new HeldMessages();
    this.#held = held;
    this.#options.outbox.onFullChange((full) => {
      this.#paused = full;
      // What is released may fill the outbox again: then this is called once more, inside.
      if (!full) held.release((connection, message) => this.#appendMessage(connection, message));
      this.#pauseOrResume();
    });
  }

  upgrade(request: HttpRequest, endpoint: TransportEndpoint): UpgradeDecision {
    const startedAt = performance.now();
    const decision = this.#decide(request, endpoint);
    this.#options.counters.countUpgrade(decision.accept, performance.now() - startedAt);
    return decision;
  }

  open(socket: Socket, _request: HttpRequest, endpoint: TransportEndpoint): Connection {
    const { registry, delivery, counters } = this.#options;
    const connection = registry.open(socket, this.#served(endpoint.path).config);
    counters.connectionsOpened += 1;
    if (this.#events.opened(connection) === 0) {
      this.#unannounced.add(connection);
      delivery.closeOne(connection, 'outbox_full');
    } else if (this.#paused) {
      socket.pause();
    }
    return connection;
  }

  /** Hot: runs once a client's message. */
  message(connection: Connection, payload: Uint8Array, binary: boolean): void {
    this.#options.counters.messagesReceived += 1;
    const message = { payload, binary };
    const mayPass = this.#held?.has(connection) !== true && connection.closeReason !== 'outbox_full';
    if (!mayPass || !this.#appendMessage(connection, message)) this.#holdOrRefuse(connection, message);
  }

  drain(connection: Connection): void {
    this.#options.delivery.drained(connection);
  }

  dropped(connection: Connection): void {
    this.#options.delivery.dropped(connection);
  }

  close(connection: Connection, code: number, _reason: string, byPeer: boolean): void {
    const { registry, counters } = this.#options;
    if (!registry.close(connection)) return;
    this.#appendHeld(connection);
    const why = nameCloseReason(connection.closeReason, code, byPeer);
    counters.countClose(why);
    if (!this.#unannounced.has(connection)) this.#events.closed(connection, why);
    this.#options.onClosed();
  }

  #decide(request: HttpRequest, endpoint: TransportEndpoint): UpgradeDecision {
    const { config, origins } = this.#served(endpoint.path);
    if (this.#options.isClosedToNew() || this.#options.outbox.isFull) return UNAVAILABLE;
    const origin = request.headers.get('origin');
    if (origins.size > 0 && (origin === undefined || !origins.has(origin))) return { accept: false, status: 403 };
    const subprotocol = firstListed(request.headers.get('sec-websocket-protocol'), config.subprotocols);
    return subprotocol === undefined ? { accept: true } : { accept: true, subprotocol };
  }

  /** Without an end in sight for the outbox, a transport that cannot pause has only the close. */
  #holdOrRefuse(connection: Connection, message: ClientMessage): void {
    if (this.#held !== undefined && connection.closeReason !== 'outbox_full') {
      this.#held.hold(connection, message);
      return;
    }
    this.#options.counters.messagesRefused += 1;
    this.#options.delivery.closeOne(connection, 'outbox_full');
  }

  /** The connection ends: what is held of it comes before its close event, or is refused. */
  #appendHeld(connection: Connection): void {
    const messages = this.#held?.take(connection) ?? [];
    const refused = messages.findIndex((message) => !this.#appendMessage(connection, message));
    if (refused >= 0) this.#options.counters.messagesRefused += messages.length - refused;
  }

  #pauseOrResume(): void {
    for (const { socket } of this.#options.registry) {
      if (this.#paused) socket.pause();
      else socket.resume();
    }
  }

  #appendMessage(connection: Connection, message: ClientMessage): boolean {
    return this.#events.received(connection, message) > 0;
  }

  #served(path: string): ServedEndpoint {
    const served = this.#endpoints.get(path);
    if (served === undefined) throw new Error(`no endpoint is configured at ${path}`);
    return served;
  }
}

function serve(config: EndpointConfig): ServedEndpoint {
  return { config, origins: new Set(config.allowedOrigins) };
}

function firstListed(offered: string | undefined, listed: readonly string[]): string | undefined {
  return offered
    ?.split(',')
    .map((name) => name.trim())
    .find((name) => listed.includes(name));
}
