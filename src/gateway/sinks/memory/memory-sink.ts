import { z } from 'zod';
import type { Clock } from '../../../core/clock.js';
import { formatEventId, type EventBoot, type EventId, type GatewayEvent } from '../../event/gateway-event.js';
import type { QueueLimits } from '../../event/event-queue.js';
import { EventReader, type ReaderStart } from './event-reader.js';
import { EventRing } from './event-ring.js';
import { allSettled, type EventSink, type SinkReceipt } from '../event-sink.js';

/** The default bounds of the ring. */
const DEFAULT_RING_LIMITS: QueueLimits = { maxEvents: 1_000_000, maxBytes: 64 * 1024 * 1024 };

/** The keys of `events` in the configuration. */
export const memoryKeys = z
  .object({
    enabled: z.boolean().optional().describe('Serves `/events`. Default: only when no other sink is configured.'),
    ring_max_bytes: z
      .int()
      .min(1024)
      .default(DEFAULT_RING_LIMITS.maxBytes)
      .describe('Bytes of events kept for readers of `/events`.'),
    ring_max_events: z
      .int()
      .min(1)
      .default(DEFAULT_RING_LIMITS.maxEvents)
      .describe('Events kept for readers of `/events`.'),
  })
  .prefault({})
  .describe('The embedded sink.');

/** The id with which a reader asks for all events that are kept. */
const OLDEST = '0';

/** Leaves a margin within the 5 s that a sink may take to stop. */
const READERS_FINISH_MS = 4_000;

export interface MemorySinkOptions {
  /** The boot of these events: ids of another boot cannot be resolved. */
  readonly boot: EventBoot;
  readonly clock: Clock;
  readonly limits?: QueueLimits;
  /** The number of events of earlier boots that come before those of this one; 0 when missing. */
  readonly recovered?: () => number;
}

/** The ring in numbers, for metrics. */
export interface MemorySinkState {
  readonly events: number;
  readonly bytes: number;
  readonly readers: number;
  /** Events never kept because they are larger than the whole ring. */
  readonly tooLarge: number;
}

/** Receives notice of changes to a ring. Must not throw. */
export interface RingListener {
  /** The ring has new events. */
  grown(): void;
  /** No more events will come: read to the end, then leave. */
  stopped(): void;
}

/** A reader whose listener is called when there is more. `leave` is idempotent. */
export interface RingSubscription {
  readonly reader: EventReader;
  leave(): void;
}

/**
 * The embedded sink: keeps the newest events in a bounded ring for readers of `/events`. It
 * acknowledges an event on entry, so an event counts as delivered although the ring drops it
 * later.
 */
export class MemorySink implements EventSink {
  readonly name = 'memory';
  readonly boot: EventBoot;
  readonly #ring: EventRing;
  readonly #clock: Clock;
  readonly #recovered: () => number;
  readonly #listeners = new Set<RingListener>();
  #stopping: Promise<void> | undefined;
  #onDeserted: (() => void) | undefined;

  constructor(options: MemorySinkOptions) {
    this.boot = options.boot;
    this.#clock = options.clock;
    this.#recovered = options.recovered ?? (() => 0);
    this.#ring = new EventRing(options.limits ?? DEFAULT_RING_LIMITS);
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  deliver(batch: readonly GatewayEvent[]): Promise<SinkReceipt> {
    for (const event of batch) this.#ring.push(event);
    for (const listener of this.#listeners) listener.grown();
    return Promise.resolve(allSettled(batch));
  }

  /** Waits, within a time limit, until all readers have read to the end and left. */
  stop(): Promise<void> {
    this.#stopping ??= this.#finishReaders();
    return this.#stopping;
  }

  isStopped(): boolean {
    return this.#stopping !== undefined;
  }

  state(): MemorySinkState {
    const { size, bytes, tooLargeEvents } = this.#ring;
    return { events: size, bytes, readers: this.#listeners.size, tooLarge: tooLargeEvents };
  }

  /** The sequence of the newest event that has entered; 0 before the first. */
  get lastSequence(): number {
    return this.#ring.lastSequence;
  }

  /**
   * The id that resumes after the event of this sequence: the event's own id when it is known,
   * otherwise one that resumes at the oldest event kept.
   */
  idAt(sequence: number): string {
    const recovered = this.#recovered();
    if (sequence >= recovered) return formatEventId(this.boot, sequence - recovered);
    return this.#ring.at(sequence)?.id ?? OLDEST;
  }

  /** The sequence of the event with this id; undefined when it is not known. */
  sequenceOf(id: EventId): number | undefined {
    const recovered = this.#recovered();
    if (id.node === this.boot.node && id.epoch === this.boot.epoch) {
      const sequence = recovered + id.sequence;
      return sequence <= Math.max(this.lastSequence, recovered) ? sequence : undefined;
    }
    const text = formatEventId(id, id.sequence);
    for (let sequence = this.#ring.firstSequence; sequence <= recovered; sequence++) {
      if (this.#ring.at(sequence)?.id === text) return sequence;
    }
    return undefined;
  }

  /** Adds a reader. Its owner must call `leave` when done. */
  subscribe(start: ReaderStart, listener: RingListener): RingSubscription {
    this.#listeners.add(listener);
    return { reader: new EventReader(this.#ring, start), leave: () => this.#leave(listener) };
  }

  #leave(listener: RingListener): void {
    this.#listeners.delete(listener);
    if (this.#listeners.size === 0) this.#onDeserted?.();
  }

  async #finishReaders(): Promise<void> {
    if (this.#listeners.size === 0) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.schedule(resolve, READERS_FINISH_MS);
      this.#onDeserted = () => {
        cancel();
        resolve();
      };
      for (const listener of this.#listeners) listener.stopped();
    });
  }
}
