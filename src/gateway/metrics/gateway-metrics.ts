import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import type { DeliveryCounters } from '../delivery/delivery-counters.js';
import type { OutboxState } from '../outbox/outbox.js';
import type { MemorySinkState } from '../sink/memory-sink.js';
import type { GatewayCounters } from './gateway-counters.js';

/** Where the figures stand: read only when metrics are asked for. */
export interface MetricsSource {
  readonly counters: GatewayCounters;
  readonly delivery: DeliveryCounters;
  readonly outbox: () => OutboxState;
  /** Undefined when the embedded sink is off. */
  readonly ring: (() => MemorySinkState) | undefined;
  readonly connections: () => number;
  readonly transport: () => string;
}

/** A figure without labels, or one for each value of a label. */
type Reading = number | Iterable<readonly [labelValue: string, figure: number]>;

/** The gateway's metrics as Prometheus text: a registry of its own for each gateway, filled from plain numbers on reading. */
export class GatewayMetrics {
  readonly #registry = new Registry();

  constructor(source: MetricsSource) {
    this.#addMessages(source);
    this.#addConnections(source);
    this.#addOutbox(source);
    collectDefaultMetrics({ register: this.#registry });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** The old program's names and texts, spelling included. */
  #addMessages({ counters, delivery }: MetricsSource): void {
    this.#counter('messages_sent_counter', 'The number of websocket messages sent', () => delivery.messagesSent);
    this.#counter('messages_recieved_counter', 'The number of websocket messages', () => counters.messagesReceived);
    this.#counter(
      'messages_refused_total',
      'Messages from clients that the outbox could not take',
      () => counters.messagesRefused,
    );
    this.#counter(
      'messages_dropped_total',
      'Messages that a connection will not get because too much waited for it, by the policy that decided',
      () => Object.entries(delivery.dropped),
      'policy',
    );
    this.#counter(
      'messages_unsent_total',
      'Messages that still waited when their connection ended for another reason than its policy',
      () => delivery.messagesUnsent,
    );
  }

  #addConnections({ counters, delivery, connections, transport }: MetricsSource): void {
    this.#counter('connections_counter', 'The number of websocket connections made', () => counters.connectionsOpened);
    this.#counter(
      'disconnections_counter',
      'The number of websocket disconnections made',
      () => counters.connectionsClosed,
    );
    this.#gauge('active_connections_gauge', 'The number of active websocket connections', connections);
    this.#counter(
      'connections_closed_total',
      'Connections that ended, by reason',
      () => counters.closedByReason,
      'reason',
    );
    this.#counter(
      'slow_clients_closed_total',
      'Connections closed with 1008 because they read too slowly',
      () => delivery.slowClosed,
    );
    this.#counter(
      'closes_ignored_total',
      'Connections cut because they did not read what stood before their close frame',
      () => delivery.closeIgnored,
    );
    this.#counter('congestions_total', 'How often a connection read too slowly', () => delivery.congestions);
    this.#counter('upgrades_refused_total', 'Upgrades that were refused', () => counters.upgradesRefused);
    this.#gauge('transport_info', 'The server library in use', () => [[transport(), 1]], 'transport');
  }

  #addOutbox({ outbox, ring }: MetricsSource): void {
    this.#gauge('outbox_events', 'Events that wait for a sink', () => outbox().events);
    this.#gauge('outbox_bytes', 'Bytes of events that wait for a sink', () => outbox().bytes);
    this.#gauge('outbox_max_bytes', 'Bound on outbox_bytes', () => outbox().maxBytes);
    this.#gauge('outbox_full', '1 while clients are held back because the outbox is full', () => Number(outbox().full));
    this.#gauge('sink_lag_events', 'Events that wait for this sink', () => outbox().lagging, 'sink');
    if (ring !== undefined) this.#addRing(ring);
  }

  #addRing(ring: () => MemorySinkState): void {
    this.#gauge('events_ring_events', 'Events kept for readers of /events', () => ring().events);
    this.#gauge('events_ring_bytes', 'Bytes of events kept for readers of /events', () => ring().bytes);
    this.#gauge('events_readers', 'Readers of /events', () => ring().readers);
  }

  #counter(name: string, help: string, read: () => Reading, label?: string): void {
    const counter = new Counter({
      name,
      help,
      labelNames: label === undefined ? [] : [label],
      registers: [this.#registry],
      collect: () => {
        counter.reset();
        for (const [labels, figure] of labelled(read(), label)) counter.inc(labels, figure);
      },
    });
  }

  #gauge(name: string, help: string, read: () => Reading, label?: string): void {
    const gauge = new Gauge({
      name,
      help,
      labelNames: label === undefined ? [] : [label],
      registers: [this.#registry],
      collect: () => {
        gauge.reset();
        for (const [labels, figure] of labelled(read(), label)) gauge.set(labels, figure);
      },
    });
  }
}

function labelled(reading: Reading, label = ''): [Record<string, string>, number][] {
  if (typeof reading === 'number') return [[{}, reading]];
  return Array.from(reading, ([value, figure]) => [{ [label]: value }, figure]);
}
