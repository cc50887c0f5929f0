import type { Clock } from '../../core/clock.js';
import { errorMessage } from '../../core/error.js';
import type { Logger } from '../../core/logger.js';
import type { EventQueue, QueueLimits } from '../event/event-queue.js';
import type { EventSink } from '../sink/event-sink.js';
import { backoffMs } from './backoff.js';

/** What a feed is given; `onAcknowledged` runs each time the cursor has moved. */
export interface SinkFeedOptions {
  readonly sink: EventSink;
  readonly queue: EventQueue;
  readonly batch: QueueLimits;
  readonly clock: Clock;
  readonly log: Logger;
  readonly onAcknowledged: () => void;
}

/**
 * One sink's cursor through the queue: hands over a batch at a time, in order, and again what was not acknowledged,
 * after a growing pause. The cursor never goes back.
 */
export class SinkFeed {
  private acknowledged: number;
  private failures = 0;
  private running: Promise<void> | undefined;
  private stopped = false;
  private endPause: (() => void) | undefined;

  constructor(private readonly options: SinkFeedOptions) {
    this.acknowledged = options.queue.lastSequence;
  }

  get name(): string {
    return this.options.sink.name;
  }

  /** All up to and with this sequence is acknowledged. */
  get acknowledgedThrough(): number {
    return this.acknowledged;
  }

  get status(): 'up' | 'away' {
    return this.failures === 0 ? 'up' : 'away';
  }

  get waiting(): number {
    return this.options.queue.lastSequence - this.acknowledged;
  }

  /** Delivers what waits, unless that is already going on. */
  wake(): void {
    if (this.running !== undefined || this.stopped || this.waiting === 0) return;
    this.running = this.run().finally(() => {
      this.running = undefined;
      this.wake();
    });
  }

  /** Ends a pause after a failure: the sink is tried again at once. */
  retryNow(): void {
    this.endPause?.();
  }

  /** Offers nothing more; a batch under way is no longer waited for. Idempotent. */
  stop(): void {
    this.stopped = true;
    this.endPause?.();
  }

  private async run(): Promise<void> {
    while (!this.stopped && this.waiting > 0) {
      if (await this.deliverBatch()) continue;
      await this.pause(backoffMs(this.failures));
    }
  }

  /** False when the sink has acknowledged nothing. */
  private async deliverBatch(): Promise<boolean> {
    const { sink, queue, batch } = this.options;
    const events = queue.slice(this.acknowledged + 1, batch);
    let settled: number;
    try {
      settled = Math.min((await sink.deliver(events)).settled, events.length);
      if (settled <= 0) throw new Error('It acknowledged nothing of the batch.');
    } catch (error) {
      this.failed(error);
      return false;
    }
    this.succeeded(this.acknowledged + settled);
    return true;
  }

  private succeeded(through: number): void {
    this.acknowledged = through;
    if (this.failures > 0) this.options.log.info('sink.back', { sink: this.name, failures: this.failures });
    this.failures = 0;
    this.options.onAcknowledged();
  }

  private failed(error: unknown): void {
    this.failures++;
    if (this.failures > 1) return;
    this.options.log.warn('sink.away', { sink: this.name, reason: errorMessage(error), waiting: this.waiting });
  }

  private async pause(delayMs: number): Promise<void> {
    if (this.stopped) return;
    await new Promise<void>((resolve) => {
      const cancel = this.options.clock.schedule(resolve, delayMs);
      this.endPause = () => {
        cancel();
        resolve();
      };
    });
    this.endPause = undefined;
  }
}
