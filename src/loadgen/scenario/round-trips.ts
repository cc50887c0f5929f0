import { bindActions, type Actions } from '../metric/metric.js';
import type { SeriesRegistry } from '../metric/series-registry.js';
import type { Series, Tags } from '../metric/series.js';
import { counterMetric, timeMetric } from './scenario-definition.js';

const SETTLED = 0;
const WAITING = 1;
/** After the timeout: an answer may still arrive. */
const OVERDUE = 2;
const FIRST_CAPACITY = 16;
/**
 * How long a late answer is still recognised: milliseconds. Until then the memory of later messages
 * is kept, too.
 */
const OVERDUE_KEPT_MS = 60_000;

/**
 * The messages of one sender that wait for an answer. An answer counts once: for the message whose
 * id it carries or, without ids, for the oldest one. A message that times out counts with its age,
 * and late, duplicate, unmatched and lost answers are counted separately.
 */
export class RoundTrips {
  /** Ring buffers by id; their length is a power of two. */
  #due = new Float64Array(FIRST_CAPACITY);
  #sent = new Float64Array(FIRST_CAPACITY);
  #states = new Uint8Array(FIRST_CAPACITY);
  /** Ids of the oldest unsettled message, the oldest waiting one, and the next one. */
  #first = 0;
  #firstWaiting = 0;
  #next = 0;
  #highestAnswered = -1;
  #waiting = 0;

  readonly #metrics: RoundTripMetrics;
  readonly #timeoutMs: number;

  /** An answer later than `timeoutMs` after its message was sent counts as a timeout. */
  constructor(metrics: RoundTripMetrics, timeoutMs: number) {
    this.#metrics = metrics;
    this.#timeoutMs = timeoutMs;
  }

  /** Number of messages that wait for an answer. */
  get inFlight(): number {
    return this.#waiting;
  }

  /** Id of the next message. */
  get nextId(): number {
    return this.#next;
  }

  /** Registers a message that is sent. One that leaves before it is due has no lag. */
  begin(dueMs: number, sentMs: number): void {
    if (this.#next - this.#first === this.#due.length) this.#grow();
    const slot = this.#slotOf(this.#next);
    this.#due[slot] = Math.min(dueMs, sentMs);
    this.#sent[slot] = sentMs;
    this.#states[slot] = WAITING;
    this.#next += 1;
    this.#waiting += 1;
  }

  /** Records the answer to the message with this id. */
  answer(id: number, nowMs: number): void {
    this.expire(nowMs);
    if (id >= this.#next) return this.#metrics.unmatched.add(1);
    if (id < this.#first) return this.#metrics.duplicates.add(1);
    const slot = this.#slotOf(id);
    const state = this.#states[slot];
    if (state === SETTLED) return this.#metrics.duplicates.add(1);
    if (id < this.#highestAnswered) this.#metrics.outOfOrder.add(1);
    else this.#highestAnswered = id;
    this.#states[slot] = SETTLED;
    if (state === OVERDUE) this.#metrics.late.add(1);
    else this.#record(slot, nowMs);
    this.#advance();
  }

  /** Records an answer without an id: it belongs to the oldest message. */
  answerOldest(nowMs: number): void {
    if (this.#first === this.#next) this.#metrics.unmatched.add(1);
    else this.answer(this.#first, nowMs);
  }

  /** Times out messages that have waited too long. */
  expire(nowMs: number): void {
    this.#forgetOverdue(nowMs);
    for (; this.#firstWaiting < this.#next; this.#firstWaiting += 1) {
      const slot = this.#slotOf(this.#firstWaiting);
      if (this.#states[slot] !== WAITING) continue;
      if (nowMs - (this.#sent[slot] ?? 0) < this.#timeoutMs) return;
      this.#giveUp(slot, nowMs);
    }
  }

  /** Ends all waiting: every message without an answer is lost. */
  end(nowMs: number): void {
    for (let id = this.#first; id < this.#next; id += 1) {
      const slot = this.#slotOf(id);
      if (this.#states[slot] === WAITING) this.#giveUp(slot, nowMs);
      if (this.#states[slot] === OVERDUE) this.#metrics.lost.add(1);
      this.#states[slot] = SETTLED;
    }
    this.#first = this.#next;
    this.#firstWaiting = this.#next;
  }

  /**
   * Counts messages that timed out long ago as lost, so that one lost answer does not hold the
   * memory of later messages forever.
   */
  #forgetOverdue(nowMs: number): void {
    while (this.#first < this.#next) {
      const slot = this.#slotOf(this.#first);
      const isOver = nowMs - (this.#sent[slot] ?? 0) > this.#timeoutMs + OVERDUE_KEPT_MS;
      if (this.#states[slot] !== OVERDUE || !isOver) return;
      this.#states[slot] = SETTLED;
      this.#metrics.lost.add(1);
      this.#advance();
    }
  }

  #giveUp(slot: number, nowMs: number): void {
    this.#record(slot, nowMs);
    this.#metrics.timeouts.add(1);
    this.#states[slot] = OVERDUE;
  }

  #record(slot: number, nowMs: number): void {
    this.#waiting -= 1;
    this.#metrics.roundTrip.add(this.#due[slot] ?? 0, this.#sent[slot] ?? 0, nowMs);
  }

  #advance(): void {
    while (this.#first < this.#next && this.#states[this.#slotOf(this.#first)] === SETTLED) this.#first += 1;
    this.#firstWaiting = Math.max(this.#first, this.#firstWaiting);
  }

  #slotOf(id: number): number {
    return id & (this.#due.length - 1);
  }

  #grow(): void {
    const capacity = this.#due.length * 2;
    const [due, sent, states] = [new Float64Array(capacity), new Float64Array(capacity), new Uint8Array(capacity)];
    for (let id = this.#first; id < this.#next; id += 1) {
      const from = this.#slotOf(id);
      const to = id & (capacity - 1);
      due[to] = this.#due[from] ?? 0;
      sent[to] = this.#sent[from] ?? 0;
      states[to] = this.#states[from] ?? SETTLED;
    }
    this.#due = due;
    this.#sent = sent;
    this.#states = states;
  }
}

/** Definitions of the metrics of round trips. */
export const ROUND_TRIP_METRICS = [
  timeMetric('ws_rtt'),
  counterMetric('ws_rtt_timeouts'),
  counterMetric('ws_msgs_unmatched'),
  counterMetric('ws_msgs_duplicate'),
  counterMetric('ws_msgs_late'),
  counterMetric('ws_msgs_out_of_order'),
  counterMetric('ws_msgs_lost'),
];

/** Metrics of messages that are answered. */
export interface RoundTripMetrics {
  /** From due to answer, from sent to answer, and the time between due and sent. */
  readonly roundTrip: Actions;
  readonly timeouts: Series;
  readonly unmatched: Series;
  readonly duplicates: Series;
  /** Answers after the timeout. */
  readonly late: Series;
  readonly outOfOrder: Series;
  /** Messages without any answer. */
  readonly lost: Series;
}

/** Makes the metrics of a thread, once; the result binds them to the tags of a scenario. */
export function roundTripMetrics(registry: SeriesRegistry): (tags: Tags) => RoundTripMetrics {
  const roundTrip = registry.timeTrend('ws_rtt');
  const timeouts = registry.counter('ws_rtt_timeouts');
  const unmatched = registry.counter('ws_msgs_unmatched');
  const duplicates = registry.counter('ws_msgs_duplicate');
  const late = registry.counter('ws_msgs_late');
  const outOfOrder = registry.counter('ws_msgs_out_of_order');
  const lost = registry.counter('ws_msgs_lost');
  return (tags) => ({
    roundTrip: bindActions(roundTrip, tags),
    timeouts: timeouts.bind(tags),
    unmatched: unmatched.bind(tags),
    duplicates: duplicates.bind(tags),
    late: late.bind(tags),
    outOfOrder: outOfOrder.bind(tags),
    lost: lost.bind(tags),
  });
}
