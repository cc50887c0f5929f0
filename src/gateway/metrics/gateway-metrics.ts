import type { DeliveryBacklog } from '../delivery/delivery.js';
import type { DeliveryCounters } from '../delivery/delivery-counters.js';
import type { LostNodesState } from '../mirror/cluster-mirror.js';
import type { MirrorState } from '../mirror/connection-mirror.js';
import type { OutboxState } from '../outbox/outbox.js';
import type { MemorySinkState } from '../sinks/memory/memory-sink.js';
import { addClusterMetrics, addLostNodes, type ClusterMetricsDeps } from './cluster-metrics.js';
import type { DurationCounts } from './duration-counts.js';
import type { GatewayCounters } from './gateway-counters.js';
import { MetricRegistry } from './metric-registry.js';
import { addOutboxMetrics } from './outbox-metrics.js';
import { addWorkerMetrics, type WorkerMetricsDeps } from './worker-metrics.js';

/** Sources of the figures, which are read only when metrics are requested. */
export interface GatewayMetricsDeps {
  readonly counters: GatewayCounters;
  readonly delivery: DeliveryCounters;
  readonly backlog: () => DeliveryBacklog;
  readonly outbox: () => OutboxState;
  /** Undefined when the embedded sink is off. */
  readonly ring: (() => MemorySinkState) | undefined;
  /** Undefined when the mirror is off. */
  readonly mirror: (() => MirrorState) | undefined;
  /** Undefined for a node on its own. */
  readonly cluster?: ClusterMetricsDeps | undefined;
  /** Undefined when nodes do not close the connections of lost ones. */
  readonly lostNodes?: (() => LostNodesState) | undefined;
  /** Undefined in a process alone. */
  readonly workers?: WorkerMetricsDeps | undefined;
  readonly connections: () => number;
  /** Durations from the arrival of `POST /send` to its response. */
  readonly sendDurations: DurationCounts;
  /** Undefined when the log does not count them. */
  readonly droppedLogLines?: (() => number) | undefined;
  readonly transport: string;
  readonly version: string;
}

/**
 * The gateway's metrics as Prometheus text. docs/reference/metrics.md lists all of them; a test
 * compares the two.
 */
export class GatewayMetrics {
  readonly #metrics = new MetricRegistry();
  readonly #workers: WorkerMetricsDeps | undefined;

  constructor(source: GatewayMetricsDeps) {
    this.#workers = source.workers;
    addMessages(this.#metrics, source);
    addConnections(this.#metrics, source);
    addDelivery(this.#metrics, source);
    addOutboxMetrics(this.#metrics, source.outbox);
    if (source.ring !== undefined) addRing(this.#metrics, source.ring);
    if (source.mirror !== undefined) addMirror(this.#metrics, source.mirror);
    if (source.workers !== undefined) addWorkerMetrics(this.#metrics, source.workers);
    if (source.cluster !== undefined) addClusterMetrics(this.#metrics, source.cluster);
    if (source.lostNodes !== undefined) addLostNodes(this.#metrics, source.lostNodes);
    addBuild(this.#metrics, source);
    this.#metrics.addProcessMetrics();
  }

  get contentType(): string {
    return this.#metrics.contentType;
  }

  async text(): Promise<string> {
    await this.#workers?.refresh();
    return this.#metrics.text();
  }
}

/**
 * Adds figures of messages. The first two have the old program's names and texts, including the
 * spelling.
 */
function addMessages(metrics: MetricRegistry, { counters, delivery, sendDurations }: GatewayMetricsDeps): void {
  metrics.counter(
    { name: 'messages_sent_counter', help: 'The number of websocket messages sent' },
    () => delivery.messagesSent,
  );
  metrics.counter(
    { name: 'messages_recieved_counter', help: 'The number of websocket messages' },
    () => counters.messagesReceived,
  );
  metrics.counter(
    {
      name: 'messages_refused_total',
      help: 'Messages from clients that the outbox did not accept or that were above a rate',
    },
    () => counters.messagesRefused,
  );
  metrics.durations(
    { name: 'send_duration_seconds', help: 'Time from the arrival of a POST /send to its response' },
    sendDurations,
  );
}

/** Adds figures of connections. Three have the old program's names and texts. */
function addConnections(metrics: MetricRegistry, { counters, connections }: GatewayMetricsDeps): void {
  metrics.counter(
    { name: 'connections_counter', help: 'The number of websocket connections made' },
    () => counters.connectionsOpened,
  );
  metrics.counter(
    { name: 'disconnections_counter', help: 'The number of websocket disconnections made' },
    () => counters.connectionsClosed,
  );
  metrics.gauge({ name: 'active_connections_gauge', help: 'The number of active websocket connections' }, connections);
  metrics.counter(
    { name: 'connections_closed_total', help: 'Connections that ended, by reason', label: 'reason' },
    () => counters.closedByReason,
  );
  metrics.counter(
    { name: 'upgrades_refused_total', help: 'Upgrades that were refused, by reason', label: 'reason' },
    () => counters.refusedByReason,
  );
  metrics.counter(
    {
      name: 'plain_connections_refused_total',
      help: 'Connections closed right after they were accepted because too many had no WebSocket, by reason',
      label: 'reason',
    },
    () => counters.plainRefusedByReason,
  );
  metrics.durations(
    { name: 'handshake_duration_seconds', help: 'Time from the arrival of an upgrade to the decision on it' },
    counters.handshakeDurations,
  );
}

function addDelivery(metrics: MetricRegistry, { delivery, backlog }: GatewayMetricsDeps): void {
  metrics.gauge(
    { name: 'delivery_congested_connections', help: 'Connections that read too slowly at this moment' },
    () => backlog().connections,
  );
  metrics.gauge(
    { name: 'delivery_waiting_bytes', help: 'Bytes that wait for the connections that read too slowly' },
    () => backlog().bytes,
  );
  metrics.counter(
    { name: 'congestions_total', help: 'Times a connection began to read too slowly' },
    () => delivery.congestions,
  );
  metrics.counter(
    { name: 'slow_clients_closed_total', help: 'Connections closed with 1008 because they read too slowly' },
    () => delivery.slowClosed,
  );
  metrics.counter(
    {
      name: 'messages_dropped_total',
      help: 'Messages dropped because too much waited for their connection, by policy',
      label: 'policy',
    },
    () => Object.entries(delivery.dropped),
  );
  metrics.counter(
    {
      name: 'messages_unsent_total',
      help: 'Messages that still waited when their connection ended, except by its policy',
    },
    () => delivery.messagesUnsent,
  );
  metrics.counter(
    {
      name: 'closes_ignored_total',
      help: 'Connections cut because they did not read their close frame, or with ws did not answer it',
    },
    () => delivery.closeIgnored,
  );
}

function addRing(metrics: MetricRegistry, ring: () => MemorySinkState): void {
  metrics.gauge({ name: 'events_ring_events', help: 'Events kept for readers of /events' }, () => ring().events);
  metrics.gauge({ name: 'events_ring_bytes', help: 'Bytes of events kept for readers of /events' }, () => ring().bytes);
  metrics.counter(
    {
      name: 'events_ring_too_large_total',
      help: 'Events that were not kept for readers of /events because they are larger than the ring',
    },
    () => ring().tooLarge,
  );
  metrics.gauge({ name: 'events_readers', help: 'Readers of /events' }, () => ring().readers);
}

function addMirror(metrics: MetricRegistry, mirror: () => MirrorState): void {
  metrics.gauge({ name: 'mirror_up', help: '1 while Redis accepts the state of connections' }, () =>
    Number(mirror().isUp),
  );
  metrics.gauge(
    { name: 'mirror_pending_connections', help: 'Connections whose state in Redis is not up to date yet' },
    () => mirror().pending,
  );
  metrics.counter(
    { name: 'mirror_opens_late_total', help: 'Open events that went out before their connection was in Redis' },
    () => mirror().opensLate,
  );
  metrics.counter(
    { name: 'mirror_rebuilds_total', help: 'Times the state of all connections was written again' },
    () => mirror().rebuilds,
  );
  metrics.counter(
    { name: 'mirror_refused_total', help: 'Commands that Redis refused because a key has another type' },
    () => mirror().refused,
  );
}

function addBuild(metrics: MetricRegistry, { transport, version, droppedLogLines }: GatewayMetricsDeps): void {
  if (droppedLogLines !== undefined) {
    metrics.counter(
      { name: 'log_lines_dropped_total', help: 'Log lines dropped because standard error was not writable' },
      droppedLogLines,
    );
  }
  metrics.gauge({ name: 'transport_info', help: 'The server library in use', label: 'transport' }, () => [
    [transport, 1],
  ]);
  metrics.gauge({ name: 'wsg_build_info', help: 'The version of wsg', label: 'version' }, () => [[version, 1]]);
}
