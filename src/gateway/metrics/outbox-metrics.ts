import type { OutboxState, SinkState } from '../outbox/outbox.js';
import type { MetricRegistry, Reading } from './metric-registry.js';

/** Adds figures of the outbox and of each sink. */
export function addOutboxMetrics(metrics: MetricRegistry, outbox: () => OutboxState): void {
  metrics.gauge(
    { name: 'outbox_events', help: 'Events that are not delivered to every sink yet' },
    () => outbox().events,
  );
  metrics.gauge({ name: 'outbox_bytes', help: 'Bytes of undelivered events in memory' }, () => outbox().bytes);
  metrics.gauge({ name: 'outbox_max_bytes', help: 'Bound on outbox_bytes' }, () => outbox().maxBytes);
  metrics.gauge(
    {
      name: 'outbox_held_bytes',
      help: 'Bytes of messages from paused clients for which the outbox has no room yet',
    },
    () => outbox().heldBytes,
  );
  metrics.counter(
    {
      name: 'outbox_share_reached_total',
      help: 'Times a connection sent more while its share of the outbox was used up, so that it was held or refused',
    },
    () => outbox().sharesReached,
  );
  metrics.gauge({ name: 'outbox_full', help: '1 while the outbox is full and applies backpressure to clients' }, () =>
    Number(outbox().full),
  );
  metrics.gauge({ name: 'outbox_disk_bytes', help: 'Bytes of the log on disk' }, () => outbox().diskBytes);
  metrics.gauge({ name: 'outbox_disk_segments', help: 'Files of the log on disk' }, () => outbox().diskSegments);
  metrics.gauge(
    { name: 'outbox_disk_max_bytes', help: 'Bound on outbox_disk_bytes; 0 without a log' },
    () => outbox().maxDiskBytes,
  );
  metrics.counter(
    { name: 'outbox_damaged_total', help: 'Damaged places in the log that were skipped' },
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

/** Reads one figure of each sink. */
type ReadSinks = (read: (sink: SinkState) => number) => Reading;

function addSinkMetrics(metrics: MetricRegistry, readSinks: ReadSinks): void {
  metrics.gauge(
    {
      name: 'sink_up',
      help: '1 while this sink accepts events, 0 when it fails or does not answer',
      label: 'sink',
    },
    () => readSinks(({ status }) => Number(status === 'up')),
  );
  metrics.gauge({ name: 'sink_required', help: '1 when the outbox waits for this sink', label: 'sink' }, () =>
    readSinks(({ required }) => Number(required)),
  );
  metrics.gauge(
    { name: 'sink_lag_events', help: 'Events that are not delivered to this sink yet', label: 'sink' },
    () => readSinks(({ waiting }) => waiting),
  );
  metrics.gauge(
    { name: 'sink_lag_seconds', help: 'Age of the oldest event that is not delivered to this sink yet', label: 'sink' },
    () => readSinks(({ oldestMs }) => oldestMs / 1000),
  );
  metrics.counter(
    { name: 'sink_refused_total', help: 'Events that this sink refused for good: its dead letters', label: 'sink' },
    () => readSinks(({ refused }) => refused),
  );
  metrics.gauge({ name: 'sink_dead_letters', help: 'Dead letters in the files of this sink', label: 'sink' }, () =>
    readSinks(({ letters }) => letters.letters),
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
      help: 'Events that this sink, which is not required, will not get because it was unavailable for too long',
      label: 'sink',
    },
    () => readSinks(({ missed }) => missed),
  );
}

function addAsideMetrics(metrics: MetricRegistry, readSinks: ReadSinks): void {
  metrics.gauge(
    {
      name: 'sink_aside_events',
      help: 'Events that wait while others are delivered to this sink: behind an event that fails alone, or for an unavailable destination',
      label: 'sink',
    },
    () => readSinks(({ aside }) => aside.events),
  );
  metrics.gauge(
    {
      name: 'sink_unjudged_events',
      help: '1 while the only event that waits for this sink keeps failing: no other event shows whether the sink works',
      label: 'sink',
    },
    () => readSinks(({ unjudged }) => Number(unjudged !== undefined)),
  );
  metrics.gauge(
    { name: 'sink_destinations_away', help: 'Destinations of this sink that are unavailable', label: 'sink' },
    () => readSinks(({ aside }) => aside.destinations),
  );
}
