import type { ClientRates } from '../admission/client-rates.js';
import type { EndpointConfig } from '../config/gateway-config.js';
import type { Delivery } from '../delivery/delivery.js';
import type { GatewayCounters } from '../metrics/gateway-counters.js';
import { DOES_NOT_FIT, NEVER_FITS, type Outbox } from '../outbox/outbox.js';
import type { HttpRequest } from '../transport/http/http-exchange.js';
import type { Socket } from '../transport/socket.js';
import type {
  TransportEndpoint,
  TransportHandler,
  UpgradeDecision,
  UpgradeGrant,
  UpgradeRejection,
} from '../transport/transport.js';
import type { Admission } from '../admission/admission.js';
import type { Connection } from '../connection/connection.js';
import type { CloseReasonName } from '../close-reason.js';
import { ConnectionEvents, type EventObserver } from './connection-events.js';
import type { DestinationTemplate } from '../template/event-router.js';
import { HeldMessages, type ClientMessage } from './held-messages.js';
import type { ConnectionRegistry } from '../connection/registry.js';

export interface ConnectionHandlerDeps {
  readonly endpoints: readonly EndpointConfig[];
  readonly registry: ConnectionRegistry;
  readonly delivery: Delivery;
  readonly outbox: Outbox;
  readonly counters: GatewayCounters;
  /** Destinations of the sinks, as configured; undefined when none has a placeholder. */
  readonly templates?: readonly DestinationTemplate[] | undefined;
  /** Is notified of opens and closes: the mirror. */
  readonly observer?: EventObserver | undefined;
  readonly admission: Admission;
  /** Undefined without rate limits. */
  readonly rates?: ClientRates | undefined;
  /**
   * Called after each close, once the connection is removed from the registry and its close event
   * appended.
   */
  readonly onClosed: () => void;
}

/**
 * Makes connections of sockets and events of what happens to them. The events of a connection are
 * appended in the order in which they happened. A connection whose open or message could not be
 * appended is closed, and none of its later messages is accepted, so that a backend never sees a gap.
 */
export class ConnectionHandler implements TransportHandler<Connection> {
  readonly #deps: ConnectionHandlerDeps;
  readonly #events: ConnectionEvents;
  readonly #endpoints: ReadonlyMap<string, EndpointConfig>;
  /**
   * Connections whose open event was refused. Backends do not know them, so they get no close event
   * either.
   */
  readonly #unannounced = new WeakSet<Connection>();
  /**
   * Connections that had a message refused: no later message of theirs is accepted, whatever they
   * are closed for.
   */
  readonly #cutOff = new WeakSet<Connection>();
  /**
   * Undefined unless the transport can pause. A pause does not stop messages that were already
   * read.
   */
  #held: HeldMessages | undefined;
  #paused = false;

  constructor(deps: ConnectionHandlerDeps) {
    this.#deps = deps;
    this.#events = new ConnectionEvents(deps.outbox, deps.endpoints, deps.templates, deps.observer);
    this.#endpoints = new Map(deps.endpoints.map((endpoint) => [endpoint.path, endpoint]));
  }

  /**
   * Enables backpressure: pauses clients when the outbox has no room. Only for transports that can
   * pause.
   */
  pauseWhenFull(): void {
    const { outbox } = this.#deps;
    this.#held = new HeldMessages(outbox.heldRoom);
    outbox.onFullChange((full) => {
      this.#paused = full;
      // Released messages may fill the outbox again, which calls this listener again from within.
      this.#offerHeld();
      this.#pauseOrResume();
    });
    outbox.onRoom(() => this.#offerHeld());
  }

  upgrade(request: HttpRequest, endpoint: TransportEndpoint): UpgradeDecision | Promise<UpgradeDecision> {
    return this.#deps.admission.decide(request, endpoint.path);
  }

  recheck(request: HttpRequest): UpgradeRejection | undefined {
    return this.#deps.admission.recheck(request);
  }

  open(socket: Socket, _request: HttpRequest, endpoint: TransportEndpoint, grant?: UpgradeGrant): Connection {
    const { registry, delivery, counters, admission } = this.#deps;
    const connection = registry.open(socket, this.#served(endpoint.path), grant?.tags);
    counters.connectionsOpened += 1;
    admission.opened(connection, grant);
    if (this.#events.opened(connection) === 0) {
      this.#unannounced.add(connection);
      this.#cutOff.add(connection);
      delivery.closeOne(connection, 'outbox_full');
    } else if (this.#paused) {
      socket.pause();
    }
    return connection;
  }

  /**
   * Call it after the tags of an open connection have changed. Needed only if the outbox has a log.
   */
  retagged(connection: Connection): void {
    if (!this.#unannounced.has(connection)) this.#events.retagged(connection);
  }

  /**
   * Closes a connection whose end another node has reported: it gets no close event, and no message
   * of it is accepted any more.
   */
  disown(connection: Connection): void {
    this.#unannounced.add(connection);
    this.#cutOff.add(connection);
    this.#deps.delivery.closeOne(connection, 'declared_dead');
  }

  /** Hot path: runs once per client message. */
  message(connection: Connection, payload: Uint8Array, binary: boolean): void {
    this.#deps.counters.messagesReceived += 1;
    // A connection that is cut off is being closed, so most need no lookup.
    const isCutOff = connection.closeReason !== undefined && this.#cutOff.has(connection);
    if (isCutOff || this.#deps.rates?.allows(connection, payload.length) === false) {
      this.#refuse(connection, 'rate_limited');
      return;
    }
    const message = { payload, binary };
    const hasToWait = this.#held?.has(connection) === true;
    const sequence = hasToWait ? DOES_NOT_FIT : this.#events.received(connection, message);
    if (sequence <= 0) this.#holdOrRefuse(connection, message, sequence);
  }

  drain(connection: Connection): void {
    this.#deps.delivery.drained(connection);
  }

  dropped(connection: Connection): void {
    this.#deps.delivery.dropped(connection);
  }

  closing(connection: Connection): void {
    this.#deps.delivery.closing(connection);
  }

  close(connection: Connection, reason: CloseReasonName): void {
    const { registry, counters, admission, rates } = this.#deps;
    if (!registry.close(connection)) return;
    admission.closed(connection);
    rates?.closed(connection);
    this.#appendHeld(connection);
    // A reason for which the gateway began to close the connection precedes what then happened.
    const why = connection.closeReason ?? reason;
    counters.countClose(why);
    if (!this.#unannounced.has(connection)) this.#events.closed(connection, why);
    this.#deps.onClosed();
  }

  /**
   * Refuses a message and closes the connection. No later message is accepted, so that a backend
   * never sees a gap.
   */
  #refuse(connection: Connection, reason: 'rate_limited' | 'outbox_full' | 'message_above_bound'): void {
    this.#deps.counters.messagesRefused += 1;
    if (this.#cutOff.has(connection)) return;
    this.#cutOff.add(connection);
    this.#deps.delivery.closeOne(connection, reason);
  }

  /**
   * Pauses the client until there is room, if the transport can pause and there is room to hold the
   * message; otherwise refuses it.
   */
  #holdOrRefuse(connection: Connection, message: ClientMessage, refusal: number): void {
    if (this.#held?.hold(connection, message) === true) connection.socket.pause();
    else this.#refuse(connection, refusal === NEVER_FITS ? 'message_above_bound' : 'outbox_full');
  }

  #offerHeld(): void {
    const held = this.#held;
    if (held === undefined || held.size === 0 || this.#paused) return;
    const free = held.release(
      (connection, message) => this.#appendMessage(connection, message),
      () => !this.#paused,
    );
    if (!this.#paused) for (const { socket } of free) socket.resume();
  }

  /**
   * Appends held messages of a closing connection before its close event; refuses those without
   * room.
   */
  #appendHeld(connection: Connection): void {
    const refused = this.#held?.end(connection, (message) => this.#appendMessage(connection, message)) ?? 0;
    this.#deps.counters.messagesRefused += refused;
  }

  #pauseOrResume(): void {
    for (const connection of this.#deps.registry) {
      if (this.#paused) connection.socket.pause();
      else if (this.#held?.has(connection) !== true) connection.socket.resume();
    }
  }

  #appendMessage(connection: Connection, message: ClientMessage): boolean {
    return this.#events.received(connection, message) > 0;
  }

  #served(path: string): EndpointConfig {
    const served = this.#endpoints.get(path);
    if (served === undefined) throw new Error(`no endpoint is configured at ${path}`);
    return served;
  }
}
