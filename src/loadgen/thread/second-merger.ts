import { mergeHealth, mergeLoadHealth } from '../health/merge-health.js';
import { mergeMetrics } from '../metric/merge-metrics.js';
import type { SecondMessage } from './protocol.js';

/**
 * Makes one second of those that the threads of a run hand over, in order, as soon as no thread can
 * add to it.
 */
export class SecondMerger {
  readonly #pending = new Map<number, SecondMessage[]>();
  /** Of each thread: the next second that it will hand over; Infinity when it has ended. */
  readonly #nextOf: number[];
  #next = 0;

  readonly #secondEnded: (message: SecondMessage) => void;

  constructor(threads: number, secondEnded: (message: SecondMessage) => void) {
    this.#secondEnded = secondEnded;
    this.#nextOf = Array.from({ length: threads }, () => 0);
  }

  add(thread: number, message: SecondMessage): void {
    // What comes late, from a thread that seemed to have ended, goes into the next second and is
    // not lost.
    const second = Math.max(message.second, this.#next);
    const parts = this.#pending.get(second);
    if (parts === undefined) this.#pending.set(second, [message]);
    else parts.push(message);
    this.#nextOf[thread] = Math.max(this.#nextOf[thread] ?? 0, second + 1);
    this.#hand();
  }

  /** The thread hands over nothing more. */
  ended(thread: number): void {
    this.#nextOf[thread] = Number.POSITIVE_INFINITY;
    this.#hand();
  }

  #hand(): void {
    const complete = Math.min(...this.#nextOf);
    const last = Math.max(-1, ...this.#pending.keys());
    for (; this.#next < complete && this.#next <= last; this.#next += 1) {
      const parts = this.#pending.get(this.#next);
      this.#pending.delete(this.#next);
      if (parts !== undefined) this.#secondEnded(mergeSeconds(this.#next, parts));
    }
  }
}

function mergeSeconds(second: number, parts: readonly SecondMessage[]): SecondMessage {
  return {
    type: 'second',
    second,
    elapsedMs: Math.max(...parts.map(({ elapsedMs }) => elapsedMs)),
    metrics: mergeMetrics(parts.map(({ metrics }) => metrics)),
    parts: mergeParts(parts),
    health: mergeHealth(parts.map(({ health }) => health)),
    load: mergeLoadHealth(parts.map(({ load }) => load)),
    shortOfVus: [...new Set(parts.flatMap(({ shortOfVus = [] }) => shortOfVus))],
  };
}

function mergeParts(messages: readonly SecondMessage[]): SecondMessage['parts'] {
  const parts = messages.flatMap((message) => message.parts ?? []);
  return parts.length === 0 ? undefined : mergeMetrics(parts);
}
