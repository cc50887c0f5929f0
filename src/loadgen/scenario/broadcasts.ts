import { bindActions, type Actions } from '../metric/metric.js';
import type { SeriesRegistry } from '../metric/series-registry.js';
import type { Series, Tags } from '../metric/series.js';
import { counterMetric, timeMetric } from './scenario-definition.js';

/** A message that is on its way to all connections of a thread. */
interface Broadcast {
  readonly dueMs: number;
  readonly sentMs: number;
  readonly expected: number;
  /** By recipient: whether it came. */
  readonly seen: Uint8Array;
  received: number;
}

/** What came of a message for one recipient. */
export interface Arrival {
  readonly id: number;
  readonly dueMs: number;
  readonly sentMs: number;
  /** From 0, within the thread. */
  readonly recipient: number;
}

/** What broadcasts are counted by. */
export interface BroadcastsOptions {
  readonly metrics: DeliveryMetrics;
  /** How many recipients there can be. */
  readonly recipients: number;
  /** How many there are at this moment. */
  readonly present: () => number;
  readonly timeoutMs: number;
}

/**
 * Follows every published message to each recipient of a thread: when it came, whether twice, and
 * whether at all.
 */
export class Broadcasts {
  /** Those that have reached everybody stay for the timeout, so that what comes twice is known. */
  readonly #known = new Map<number, Broadcast>();
  #underWay = 0;
  #highestId = -1;
  #waiting: (() => void)[] = [];

  readonly #options: BroadcastsOptions;

  constructor(options: BroadcastsOptions) {
    this.#options = options;
  }

  /** Calls back once, when nothing is under way; at once when that is so now. */
  waitSettled(task: () => void): void {
    if (this.#underWay === 0) task();
    else this.#waiting.push(task);
  }

  /** Something else is under way, until `release`. */
  hold(): void {
    this.#underWay += 1;
  }

  release(): void {
    this.#settleOne();
  }

  /** A message leaves for all that are present. */
  begin(id: number, dueMs: number, sentMs: number): void {
    const { present, recipients } = this.#options;
    this.#highestId = Math.max(this.#highestId, id);
    this.#underWay += 1;
    this.#known.set(id, { dueMs, sentMs, expected: present(), seen: new Uint8Array(recipients), received: 0 });
  }

  /**
   * A message whose request failed goes to nobody. What came of it all the same has been recorded.
   */
  fail(id: number): void {
    const broadcast = this.#known.get(id);
    if (broadcast === undefined) return;
    this.#known.delete(id);
    if (!isComplete(broadcast)) this.#settleOne();
  }

  /**
   * A message has reached a recipient. One of another thread's publisher is met here for the first
   * time.
   */
  arrive({ id, dueMs, sentMs, recipient }: Arrival, nowMs: number): void {
    const { metrics } = this.#options;
    if (id > this.#highestId) this.begin(id, dueMs, sentMs);
    const broadcast = this.#known.get(id);
    if (broadcast === undefined) return metrics.late.add(1);
    if (broadcast.seen[recipient] === 1) return metrics.duplicates.add(1);
    const wasComplete = isComplete(broadcast);
    broadcast.seen[recipient] = 1;
    broadcast.received += 1;
    metrics.delivery.add(broadcast.dueMs, broadcast.sentMs, nowMs);
    if (wasComplete || !isComplete(broadcast)) return;
    metrics.last.add(broadcast.dueMs, broadcast.sentMs, nowMs);
    this.#settleOne();
  }

  /** Gives up what has not reached everybody in time. */
  expire(nowMs: number): void {
    for (const [id, broadcast] of this.#known) {
      if (nowMs - broadcast.sentMs < this.#options.timeoutMs) return;
      this.#giveUp(id, broadcast);
    }
  }

  /** No message can come any more. */
  end(): void {
    for (const [id, broadcast] of this.#known) this.#giveUp(id, broadcast);
  }

  #giveUp(id: number, broadcast: Broadcast): void {
    this.#known.delete(id);
    if (isComplete(broadcast)) return;
    this.#options.metrics.lost.add(broadcast.expected - broadcast.received);
    this.#settleOne();
  }

  #settleOne(): void {
    this.#underWay -= 1;
    if (this.#underWay > 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const task of waiting) task();
  }
}

function isComplete({ received, expected }: Broadcast): boolean {
  return received >= expected;
}

/** Definitions of the metrics of published messages. */
export const DELIVERY_METRICS = [
  timeMetric('ws_delivery'),
  timeMetric('ws_delivery_last'),
  counterMetric('ws_published'),
  counterMetric('ws_publish_failed'),
  counterMetric('ws_msgs_duplicate'),
  counterMetric('ws_msgs_late'),
  counterMetric('ws_msgs_lost'),
];

/** Metrics of messages that are published. */
export interface DeliveryMetrics {
  /** To each recipient: from due, from the request, and the time between them. */
  readonly delivery: Actions;
  /** The same to the last recipient. */
  readonly last: Actions;
  readonly published: Series;
  readonly failed: Series;
  readonly duplicates: Series;
  readonly late: Series;
  readonly lost: Series;
}

/** Makes the metrics of a thread, once; the result binds them to the tags of a scenario. */
export function deliveryMetrics(registry: SeriesRegistry): (tags: Tags) => DeliveryMetrics {
  const delivery = registry.timeTrend('ws_delivery');
  const last = registry.timeTrend('ws_delivery_last');
  const published = registry.counter('ws_published');
  const failed = registry.counter('ws_publish_failed');
  const duplicates = registry.counter('ws_msgs_duplicate');
  const late = registry.counter('ws_msgs_late');
  const lost = registry.counter('ws_msgs_lost');
  return (tags) => ({
    delivery: bindActions(delivery, tags),
    last: bindActions(last, tags),
    published: published.bind(tags),
    failed: failed.bind(tags),
    duplicates: duplicates.bind(tags),
    late: late.bind(tags),
    lost: lost.bind(tags),
  });
}
