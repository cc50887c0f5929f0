import { setTimeout as sleep } from 'node:timers/promises';
import { estimateSlope, windowMinima } from './slope.mjs';

const SAMPLE_EACH_MS = 3_000;
const WINDOW_MINUTES = 0.5;
/** Part of the run, and the least time, that the gateway may take to reach its size. */
const WARM_UP_PART = 0.25;
const WARM_UP_MINUTES = 1.5;
/** Growth after warm-up that is told from noise by no means: pages are given in larger steps. */
const RESOLUTION_MIB = 2;
/** An interval wider than this says nothing about leaks. */
const WIDEST_MIB_A_MINUTE = 2;

const MIB = 1024 * 1024;

/** Samples the memory of a gateway, garbage collected, and judges whether it grows. */
export class MemoryWatch {
  #gateway;
  #startedAt = performance.now();
  #rss = [];
  #heap = [];
  #abort = new AbortController();
  #running;

  constructor(gateway) {
    this.#gateway = gateway;
  }

  start() {
    this.#running = this.#sample().catch(() => undefined);
  }

  async stop() {
    this.#abort.abort();
    await this.#running;
  }

  /** The last sample in MiB. */
  get latest() {
    return { rss: this.#rss.at(-1)?.value ?? 0, heap: this.#heap.at(-1)?.value ?? 0 };
  }

  /**
   * `{ verdict: 'flat' | 'grows' | 'cannot tell', rss, heap }`, the slopes in MiB a minute with
   * their intervals.
   */
  judge() {
    const rss = estimateSlope(this.#afterWarmUp(this.#rss));
    const heap = estimateSlope(this.#afterWarmUp(this.#heap));
    return { verdict: verdictOn(rss, this.#judgedMinutes()), rss, heap, minutes: this.#judgedMinutes() };
  }

  async #sample() {
    while (!this.#abort.signal.aborted) {
      const usage = await this.#gateway.memory();
      if (usage === undefined) return;
      const { rss, heapUsed } = usage;
      const at = (performance.now() - this.#startedAt) / 60_000;
      this.#rss.push({ at, value: rss / MIB });
      this.#heap.push({ at, value: heapUsed / MIB });
      await sleep(SAMPLE_EACH_MS, undefined, { signal: this.#abort.signal });
    }
  }

  #warmUp() {
    return Math.max(WARM_UP_MINUTES, (this.#rss.at(-1)?.at ?? 0) * WARM_UP_PART);
  }

  #judgedMinutes() {
    return Math.max(0, (this.#rss.at(-1)?.at ?? 0) - this.#warmUp());
  }

  #afterWarmUp(samples) {
    const from = this.#warmUp();
    return windowMinima(
      samples.filter(({ at }) => at >= from),
      WINDOW_MINUTES,
    );
  }
}

function verdictOn(rss, minutes) {
  if (rss === undefined || rss.high - rss.low > WIDEST_MIB_A_MINUTE) return 'cannot tell';
  return rss.low > 0 && rss.slope * minutes > RESOLUTION_MIB ? 'grows' : 'flat';
}
