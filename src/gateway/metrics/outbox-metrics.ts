import type { OutboxState, SinkState } from '../outbox/outbox.js';
import type { MetricRegistry, Reading } from './metric-registry.js';

/** What waits between events and sinks, and how each sink is. */
export function addOutboxMetrics(metrics: MetricRegistry, outbox: () => OutboxState): void {
  metrics.gauge({ name: 'outbox_events', help: 'Events that wait for a sink' }, () => outbox().events);
  metrics.gauge({ name: 'outbox_bytes', help: 'Bytes of events in memory that wait for a sink' }, () => outbox().bytes);
  metrics.gauge({ name: 'outbox_max_bytes', help: 'Bound on outbox_bytes' }, () => outbox().maxBytes);
  metrics.gauge(
    {
      name: 'outbox_held_bytes',
      help: 'Bytes of messages that paused clients have sent and the outbox has no room for yet',
    },
    () => outbox().heldBytes,
  );
  metrics.counter(
    {
      name: 'outbox_share_reached_total',
      help: 'Times a connection had its share of the outbox waiting and sent more, which is held or refused',
    },
    () => outbox().sharesReached,
  );
  metrics.gauge({ name: 'outbox_full', help: '1 while clients are held back because the outbox is full' }, () =>
    Number(outbox().full),
  );
  metrics.gauge({ name: 'outbox_disk_bytes', help: 'Bytes of the log on disk' }, () => outbox().diskBytes);
  metrics.gauge({ name: 'outbox_disk_segments', help: 'Files of the log on disk' }, () => outbox().diskSegments);
  metrics.gauge(
    { name: 'outbox_disk_max_bytes', help: 'Bound on outbox_disk_bytes; 0 without a log' },
    () => outbox().maxDiskBytes,
  );
  metrics.counter(
    { name: 'outbox_damaged_total', help: 'Places where the log was damaged and was passed over' },
    () => outbox().damage.places,
  );
  metrics.counter(
    { name: 'outbox_damaged_bytes_total', help: 'Bytes of the log that could not be read' },
    () => outbox().damage.bytes,
  );
  metrics.counter(
    { name: 'outbox_damaged_events_total', help: 'Events that are missing where the log was damaged' },
    () => outbox().damage.events,
  );
  const readSinks: ReadSinks = (read) => outbox().sinks.map((sink) => [sink.name, read(sink)]);
  addSinkMetrics(metrics, readSinks);
  addAsideMetrics(metrics, readSinks);
}

/** Reads one figure of every sink. */
type ReadSinks = (read: (sink: SinkState) => number) => Reading;

function addSinkMetrics(metrics: MetricRegistry, readSinks: ReadSinks): void {
  metrics.gauge(
    {
      name: 'sink_up',
      help: '1 while this sink takes events, 0 when it fails or is silent',
      label: 'sink',
    },
    () => readSinks(({ status }) => Number(status === 'up')),
  );
  metrics.gauge({ name: 'sink_required', help: '1 when the outbox waits for this sink', label: 'sink' }, () =>
    readSinks(({ required }) => Number(required)),
  );
  metrics.gauge({ name: 'sink_lag_events', help: 'Events that wait for this sink', label: 'sink' }, () =>
    readSinks(({ waiting }) => waiting),
  );
  metrics.gauge(
    { name: 'sink_lag_seconds', help: 'Age of the oldest event that waits for this sink', label: 'sink' },
    () => readSinks(({ oldestMs }) => oldestMs / 1000),
  );
  metrics.counter(
    { name: 'sink_refused_total', help: 'Events that this sink refused for good: dead letters', label: 'sink' },
    () => readSinks(({ refused }) => refused),
  );
  metrics.gauge(
    { name: 'sink_dead_letters', help: 'Dead letters of this sink that wait in its files', label: 'sink' },
    () => readSinks(({ letters }) => letters.letters),
  );
  metrics.gauge({ name: 'sink_dead_letter_bytes', help: "Bytes of this sink's dead-letter files", label: 'sink' }, () =>
    readSinks(({ letters }) => letters.bytes),
  );
  metrics.counter(
    {
      name: 'sink_dead_letters_dropped_total',
      help: 'Dead letters of this sink that were dropped at their bound',
      label: 'sink',
    },
    () => readSinks(({ letters }) => letters.dropped),
  );
  metrics.counter(
    {
      name: 'sink_missed_total',
      help: 'Events that this sink, which is not required, will not get because it was away for too long',
      label: 'sink',
    },
    () => readSinks(({ missed }) => missed),
  );
}

function addAsideMetrics(metrics: MetricRegistry, readSinks: ReadSinks): void {
  metrics.gauge(
    {
      name: 'sink_aside_events',
      help: 'Events that wait for this sink while others pass them, behind an event that fails alone or for a destination that is away',
      label: 'sink',
    },
    () => readSinks(({ aside }) => aside.events),
  );
  metrics.gauge(
    {
      name: 'sink_unjudged_events',
      help: '1 while the only event that waits for this sink fails again and again: it is judged when another one passes',
      label: 'sink',
    },
    () => readSinks(({ unjudged }) => Number(unjudged !== undefined)),
  );
  metrics.gauge(
    { name: 'sink_destinations_away', help: 'Destinations of this sink that take nothing', label: 'sink' },
    () => readSinks(({ aside }) => aside.destinations),
  );
}
