import { z } from 'zod';
import type { Clock } from '../../../core/clock.js';
import { formatEventId, type EventBoot, type EventId, type GatewayEvent } from '../../event/gateway-event.js';
import type { QueueLimits } from '../../event/event-queue.js';
import { EventReader, type ReaderStart } from './event-reader.js';
import { EventRing } from './event-ring.js';
import { allSettled, type EventSink, type SinkReceipt } from '../event-sink.js';

/** The bounds of the ring that hold unless the configuration says otherwise. */
const DEFAULT_RING_LIMITS: QueueLimits = { maxEvents: 1_000_000, maxBytes: 64 * 1024 * 1024 };

/** The keys of `events` in the configuration. */
export const memoryKeys = z
  .object({
    enabled: z.boolean().optional().describe('Serves `/events`. Unless said, only when no other sink is configured.'),
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

/** What a reader asks for that wants everything that is kept. */
const OLDEST = '0';

/** Within the 5 s that every sink has to stop. */
const READERS_FINISH_MS = 4_000;

export interface MemorySinkOptions {
  /** Whose events these are: ids of another boot cannot be found. */
  readonly boot: EventBoot;
  readonly clock: Clock;
  readonly limits?: QueueLimits;
  /** How many events of earlier boots come before those of this one; none when it is missing. */
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

/** Told of what happens to the ring that it reads. Must not throw. */
export interface RingListener {
  /** The ring has new events. */
  grown(): void;
  /** No more will come: to be read to the end, then left. */
  stopped(): void;
}

/** A reader that the sink tells when there is more. `leave` is idempotent. */
export interface RingSubscription {
  readonly reader: EventReader;
  leave(): void;
}

/**
 * The embedded sink: the newest events in a bounded ring. It acknowledges on entry, so an event
 * counts as delivered though it is kept only until the ring moves on.
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

  /** Waits, within a bound, until the readers that are here have read to the end and left. */
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
   * The id that stands for "after the event of this sequence": its own, as far as that is known,
   * else one that resumes at the oldest event kept.
   */
  idAt(sequence: number): string {
    const recovered = this.#recovered();
    if (sequence >= recovered) return formatEventId(this.boot, sequence - recovered);
    return this.#ring.at(sequence)?.id ?? OLDEST;
  }

  /** The sequence of the event with this id; undefined when nobody knows. */
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

  /** Adds a reader; to be left when it is done with, else it is told for ever. */
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
