import type { Clock } from '../../core/clock.js';
import type { Logger } from '../../core/logger.js';
import type { EventBoot } from '../event/event-id.js';
import { EventQueue, type QueueLimits } from '../event/event-queue.js';
import { eventBytes } from '../event/event-size.js';
import type { EventSink } from '../sink/event-sink.js';
import { AcceptedEvent } from './accepted-event.js';
import { OutboxBound, type OutboxLimits } from './outbox-bound.js';
import type { NewEvent, Outbox, OutboxState } from './outbox.js';
import { SinkFeed } from './sink-feed.js';

/** The bounds that hold unless the configuration says otherwise. */
export const DEFAULT_OUTBOX_LIMITS: OutboxLimits = { maxEvents: 1_000_000, maxBytes: 64 * 1024 * 1024 };

/** Large enough to make the cost of a call disappear, small enough to be sent again whole. */
const DEFAULT_BATCH: QueueLimits = { maxEvents: 1_000, maxBytes: 1024 * 1024 };

export interface MemoryOutboxOptions {
  readonly boot: EventBoot;
  readonly sinks: readonly EventSink[];
  readonly clock: Clock;
  readonly log: Logger;
  readonly limits?: OutboxLimits;
  /** The most that a sink is handed at once. */
  readonly batch?: QueueLimits;
}

/**
 * Keeps events in memory until every sink has acknowledged them. They are offered once a tick, not once an event.
 * Nothing but the end of the process, or the end of `stop`, loses what was accepted. Needs at least one sink.
 */
export class MemoryOutbox implements Outbox {
  private readonly queue = new EventQueue();
  private readonly bound: OutboxBound;
  private readonly feeds: readonly SinkFeed[];
  private readonly fullListeners: ((full: boolean) => void)[] = [];
  private readonly acknowledgedListeners: ((through: number) => void)[] = [];
  private full = false;
  private phase: 'new' | 'started' | 'stopped' = 'new';
  private scheduled: NodeJS.Immediate | undefined;
  private stopping: Promise<number> | undefined;
  private onDelivered: (() => void) | undefined;

  constructor(private readonly options: MemoryOutboxOptions) {
    this.bound = new OutboxBound(options.limits ?? DEFAULT_OUTBOX_LIMITS);
    this.feeds = options.sinks.map(
      (sink) =>
        new SinkFeed({
          sink,
          queue: this.queue,
          batch: options.batch ?? DEFAULT_BATCH,
          clock: options.clock,
          log: options.log,
          onAcknowledged: () => this.release(),
        }),
    );
  }

  /** Hot: runs once an event. Calls the listeners of `onFullChange` before it returns when this event fills the outbox. */
  append(event: NewEvent): number {
    if (this.phase === 'stopped') return 0;
    const accepted = this.bound.admit(event.action, eventBytes(event), this.load());
    if (accepted) {
      this.queue.push(new AcceptedEvent(this.options.boot, this.queue.lastSequence + 1, event));
      this.schedule();
    }
    // Only what is delivered relieves: with nothing waiting, a refusal for want of a reserve must not make it full for ever.
    const isRefusing = !accepted && this.queue.size > 0;
    if (!this.full && (isRefusing || this.bound.isFull(this.load()))) this.setFull(true);
    return accepted ? this.queue.lastSequence : 0;
  }

  get isFull(): boolean {
    return this.full;
  }

  get acknowledgedThrough(): number {
    return this.queue.firstSequence - 1;
  }

  state(): OutboxState {
    const { events, bytes } = this.load();
    const sinks = this.feeds.map(({ name, status, waiting }) => {
      return { name, required: true, status, waiting, oldestMs: 0, refused: 0, missed: 0 };
    });
    const disk = { diskBytes: 0, diskSegments: 0, maxDiskBytes: 0 };
    return { events, bytes, maxBytes: this.bound.limits.maxBytes, ...disk, full: this.full, sinks };
  }

  retagged(): void {
    // Without a log there is nothing to note it in.
  }

  onAcknowledged(listener: (through: number) => void): void {
    this.acknowledgedListeners.push(listener);
  }

  onFullChange(listener: (full: boolean) => void): void {
    this.fullListeners.push(listener);
  }

  async start(): Promise<void> {
    await Promise.all(this.options.sinks.map((sink) => sink.start()));
    if (this.phase !== 'new') return;
    this.phase = 'started';
    this.schedule();
  }

  stop(timeoutMs: number): Promise<number> {
    this.stopping ??= this.deliverRest(timeoutMs);
    return this.stopping;
  }

  private load(): { readonly events: number; readonly bytes: number } {
    return { events: this.queue.size, bytes: this.queue.bytes };
  }

  private schedule(): void {
    if (this.phase === 'started') this.scheduled ??= setImmediate(() => this.wakeFeeds());
  }

  private wakeFeeds(): void {
    this.scheduled = undefined;
    for (const feed of this.feeds) feed.wake();
  }

  /** Frees what every sink has acknowledged. */
  private release(): void {
    let through = this.queue.lastSequence;
    for (const feed of this.feeds) through = Math.min(through, feed.acknowledgedThrough);
    this.queue.dropThrough(through);
    for (const listener of this.acknowledgedListeners) listener(through);
    if (this.full && this.bound.isRelieved(this.load())) this.setFull(false);
    if (this.queue.size === 0) this.onDelivered?.();
  }

  private setFull(full: boolean): void {
    this.full = full;
    for (const listener of this.fullListeners) listener(full);
  }

  private async deliverRest(timeoutMs: number): Promise<number> {
    if (this.queue.size > 0 && this.phase === 'started') await this.delivered(timeoutMs);
    this.phase = 'stopped';
    clearImmediate(this.scheduled);
    for (const feed of this.feeds) feed.stop();
    await Promise.all(this.options.sinks.map((sink) => sink.stop()));
    return this.queue.size;
  }

  private async delivered(timeoutMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.options.clock.schedule(resolve, timeoutMs);
      this.onDelivered = () => {
        cancel();
        resolve();
      };
      for (const feed of this.feeds) feed.retryNow();
    });
  }
}
