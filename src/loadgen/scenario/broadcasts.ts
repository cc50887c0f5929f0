import { bindActions, type Actions } from '../metric/metric.js';
import type { SeriesRegistry } from '../metric/series-registry.js';
import type { Series, Tags } from '../metric/series.js';
import { counterMetric, timeMetric } from './scenario-definition.js';

/** A message on its way to all recipients. */
interface Broadcast {
  readonly dueMs: number;
  readonly sentMs: number;
  readonly expected: number;
  /** By recipient: 1 when it has arrived. */
  readonly seen: Uint8Array;
  received: number;
}

/** The metrics, recipients and time limit of broadcasts. */
export interface BroadcastsDeps {
  readonly metrics: DeliveryMetrics;
  /** Maximum number of recipients. */
  readonly recipients: number;
  /** Number of recipients at this moment. */
  readonly present: () => number;
  readonly timeoutMs: number;
}

/**
 * Tracks the messages that this process publishes to each of its recipients: their delay,
 * duplicates and loss.
 */
export class Broadcasts {
  /** Complete broadcasts stay until the timeout, so that duplicates are recognised. */
  readonly #known = new Map<number, Broadcast>();
  #underWay = 0;
  #waiting: (() => void)[] = [];

  readonly #deps: BroadcastsDeps;

  constructor(deps: BroadcastsDeps) {
    this.#deps = deps;
  }

  /** Calls back once, when nothing is in flight; at once if nothing is. */
  waitSettled(task: () => void): void {
    if (this.#underWay === 0) task();
    else this.#waiting.push(task);
  }

  /** Counts one more thing as in flight, until `release`. */
  hold(): void {
    this.#underWay += 1;
  }

  release(): void {
    this.#settleOne();
  }

  /** Registers a message that leaves for all present recipients. */
  begin(id: number, dueMs: number, sentMs: number): void {
    const { present, recipients } = this.#deps;
    this.#underWay += 1;
    this.#known.set(id, { dueMs, sentMs, expected: present(), seen: new Uint8Array(recipients), received: 0 });
  }

  /** Removes a message whose request failed. Arrivals that it had anyway stay recorded. */
  fail(id: number): void {
    const broadcast = this.#known.get(id);
    if (broadcast === undefined) return;
    this.#known.delete(id);
    if (!isComplete(broadcast)) this.#settleOne();
  }

  /** Records the arrival of a message at the recipient with this number, from 0. */
  arrive(id: number, recipient: number, nowMs: number): void {
    const { metrics } = this.#deps;
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

  /** Gives up messages that have not reached all recipients in time. */
  expire(nowMs: number): void {
    for (const [id, broadcast] of this.#known) {
      if (nowMs - broadcast.sentMs < this.#deps.timeoutMs) return;
      this.#giveUp(id, broadcast);
    }
  }

  /** Gives up all messages: none can arrive any more. */
  end(): void {
    for (const [id, broadcast] of this.#known) this.#giveUp(id, broadcast);
  }

  #giveUp(id: number, broadcast: Broadcast): void {
    this.#known.delete(id);
    if (isComplete(broadcast)) return;
    this.#deps.metrics.lost.add(broadcast.expected - broadcast.received);
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
  counterMetric('ws_msgs_elsewhere'),
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
  /** Messages that somebody else has published, such as another shard. */
  readonly elsewhere: Series;
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
  const elsewhere = registry.counter('ws_msgs_elsewhere');
  return (tags) => ({
    delivery: bindActions(delivery, tags),
    last: bindActions(last, tags),
    published: published.bind(tags),
    failed: failed.bind(tags),
    duplicates: duplicates.bind(tags),
    late: late.bind(tags),
    lost: lost.bind(tags),
    elsewhere: elsewhere.bind(tags),
  });
}
