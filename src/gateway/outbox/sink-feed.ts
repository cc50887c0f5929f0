import type { Clock } from '../../core/clock.js';
import { errorMessage, WsgError } from '../../core/error.js';
import type { Logger } from '../../core/logger.js';
import type { QueueLimits } from '../event/event-queue.js';
import type { GatewayEvent } from '../event/gateway-event.js';
import type { EventSink, RefusedEvent } from '../sink/event-sink.js';
import { backoffMs } from './backoff.js';
import type { Backlog, BacklogReader } from './backlog.js';
import type { DeadLetters, DeadLetterState } from './dead-letters.js';
import { Pause } from './pause.js';

/** What a feed is given. */
export interface SinkFeedOptions {
  readonly sink: EventSink;
  readonly backlog: Backlog;
  /** The sequence that the sink had acknowledged before. */
  readonly acknowledged: number;
  /** Up to here events may be offered at this moment. */
  readonly offerThrough: () => number;
  readonly deadLetters: DeadLetters;
  readonly batch: QueueLimits;
  readonly clock: Clock;
  readonly log: Logger;
  /** Runs each time the cursor has moved. */
  readonly onAcknowledged: () => void;
}

/**
 * One sink's cursor through the backlog: hands over a batch at a time, in order, and again what was not settled,
 * after a growing pause. The cursor never goes back.
 */
export class SinkFeed {
  private acknowledged: number;
  /** What lies before it is no longer offered. */
  private skipTo = 0;
  private missedEvents = 0;
  private failures = 0;
  private lastFailure = 'It has not answered yet.';
  private ready = false;
  private isBusy = false;
  private isStopped = false;
  private readonly pause: Pause;
  private readonly reader: BacklogReader;

  constructor(private readonly options: SinkFeedOptions) {
    this.acknowledged = options.acknowledged;
    this.pause = new Pause(options.clock);
    this.reader = options.backlog.reader();
  }

  get name(): string {
    return this.options.sink.name;
  }

  /** All up to and with this sequence is acknowledged, refused for good or skipped. */
  get acknowledgedThrough(): number {
    return this.acknowledged;
  }

  /** Nothing up to and with this sequence will be read any more. */
  get releasedThrough(): number {
    return Math.max(this.acknowledged, this.skipTo - 1);
  }

  /** Whether its start has ended, one way or the other. */
  get isReady(): boolean {
    return this.ready;
  }

  get status(): 'up' | 'away' {
    return this.ready && this.failures === 0 ? 'up' : 'away';
  }

  /** Why it is away; undefined while it is up. */
  get reason(): string | undefined {
    return this.status === 'up' ? undefined : this.lastFailure;
  }

  get waiting(): number {
    return this.options.backlog.lastSequence - this.releasedThrough;
  }

  get refused(): number {
    return this.options.deadLetters.count;
  }

  get letters(): DeadLetterState {
    return this.options.deadLetters.state();
  }

  get missed(): number {
    return this.missedEvents;
  }

  /** Tries to connect once. Rejects with `sink.refused`; a sink that is away is no error. Nothing is offered before. */
  async start(): Promise<void> {
    try {
      await this.options.sink.start();
    } catch (error) {
      this.failed('sink.away', error);
      // Nobody may wait for this start any more: then the sink is tried again like one that is away.
      if (error instanceof WsgError && error.code === 'sink.refused') throw error;
    } finally {
      this.ready = true;
      this.wake();
    }
  }

  /** Delivers what may be offered, unless that is already going on. */
  wake(): void {
    if (this.isBusy || !this.ready || this.isStopped || !this.hasOffer()) return;
    this.isBusy = true;
    this.run().then(
      () => this.finished(),
      () => this.finished(),
    );
  }

  /** Ends a pause after a failure: the sink is tried again at once. */
  retryNow(): void {
    this.pause.end();
  }

  /** Events before `sequence` are no longer offered: those that the sink does not acknowledge meanwhile are missed. */
  skip(sequence: number): void {
    this.skipTo = Math.max(this.skipTo, sequence);
    if (!this.isBusy) this.applySkip();
  }

  /** Offers nothing more; a batch under way is no longer waited for. Idempotent. */
  stop(): void {
    this.isStopped = true;
    this.pause.end();
  }

  /** Gives back what reading takes. */
  async close(): Promise<void> {
    await this.reader.close();
  }

  private finished(): void {
    this.isBusy = false;
    this.applySkip();
    this.wake();
  }

  private hasOffer(): boolean {
    return this.options.offerThrough() > this.acknowledged;
  }

  private async run(): Promise<void> {
    while (!this.isStopped && this.hasOffer()) {
      this.applySkip();
      if (await this.deliverBatch()) continue;
      if (!this.isStopped) await this.pause.wait(backoffMs(this.failures));
    }
  }

  /** False when the sink has acknowledged nothing. */
  private async deliverBatch(): Promise<boolean> {
    const { batch, offerThrough, backlog } = this.options;
    const range = { from: this.acknowledged + 1, through: offerThrough(), ...batch };
    if (range.through < range.from) return true;
    let events: readonly GatewayEvent[];
    try {
      events = await this.reader.read(range);
    } catch (error) {
      // The next attempt begins anew, in case the file was replaced meanwhile.
      await this.reader.reset();
      this.failed('outbox.unreadable', error);
      return false;
    }
    if (events.length === 0) {
      // The log is damaged there: what it lost is counted, and nothing waits for it.
      this.acknowledged = Math.max(this.acknowledged, range.through);
      this.options.onAcknowledged();
      return true;
    }
    const last = await this.offer(events);
    if (last === undefined) return false;
    this.acknowledged = Math.max(this.acknowledged, last.sequence);
    backlog.acknowledged(this.name, last.id);
    this.options.onAcknowledged();
    return true;
  }

  /** The last event that is settled; undefined when none is. */
  private async offer(events: readonly GatewayEvent[]): Promise<GatewayEvent | undefined> {
    try {
      const { settled, refused } = await this.options.sink.deliver(events);
      const last = events[Math.min(settled, events.length) - 1];
      if (last === undefined) throw new Error('It acknowledged nothing of the batch.');
      this.succeeded();
      return (await this.keepRefused(refused)) ? last : undefined;
    } catch (error) {
      this.failed('sink.away', error);
      return undefined;
    }
  }

  /** Tries until they are kept: the others of the batch are delivered and must not be offered again. False when it was stopped before. */
  private async keepRefused(refused: readonly RefusedEvent[]): Promise<boolean> {
    for (;;) {
      try {
        await this.options.deadLetters.keep(refused);
        this.succeeded();
        return true;
      } catch (error) {
        this.failed('sink.dead-letters-unwritable', error);
      }
      if (this.isStopped) return false;
      await this.pause.wait(backoffMs(this.failures));
    }
  }

  private applySkip(): void {
    const missed = this.skipTo - 1 - this.acknowledged;
    if (missed <= 0) return;
    this.missedEvents += missed;
    this.acknowledged = this.skipTo - 1;
  }

  private succeeded(): void {
    if (this.failures > 0) this.options.log.info('sink.back', { sink: this.name, failures: this.failures });
    this.failures = 0;
  }

  private failed(event: string, error: unknown): void {
    this.failures++;
    this.lastFailure = errorMessage(error);
    if (this.failures > 1) return;
    this.options.log.warn(event, { sink: this.name, reason: this.lastFailure, waiting: this.waiting });
  }
}
