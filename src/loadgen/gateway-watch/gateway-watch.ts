import type { Clock } from '../../core/clock.js';
import { errorMessage } from '../../core/error.js';
import type { GatewayRecord, GatewayTotals } from '../../run-file/records.js';
import { parseGatewayCounters, type GatewayCounters } from './parse-metrics.js';

const SECOND_MS = 1000;
const REQUEST_TIMEOUT_MS = 2000;

/** Where a watch tells what it sees. */
export interface GatewayOutlets {
  recorded(record: GatewayRecord): void;
  /** Once for the first failure in a row. */
  failed(reason: string): void;
}

/**
 * Reads a gateway's counters from its /metrics each second, and what the whole run added to them.
 */
export class GatewayWatch {
  readonly #metricsUrl: string;
  #first: GatewayCounters | undefined;
  #last: GatewayCounters | undefined;
  #second = 0;
  #startMs = 0;
  #isFailing = false;
  #isStopped = false;
  #cancelNext: () => void = () => undefined;
  #reading: Promise<void> = Promise.resolve();

  readonly #outlets: GatewayOutlets;
  readonly #clock: Clock;

  constructor(gatewayUrl: string, outlets: GatewayOutlets, clock: Clock) {
    this.#outlets = outlets;
    this.#clock = clock;
    this.#metricsUrl = new URL('/metrics', gatewayUrl).href;
  }

  /** Takes the counters from which the run is counted, then one reading a second. */
  async start(): Promise<void> {
    this.#startMs = this.#clock.now();
    this.#first = await this.#read();
    this.#last = this.#first;
    this.#scheduleNext();
  }

  /**
   * Takes the last reading; what the run added, or undefined when the first or the last one failed.
   * Call it when all sockets are closed.
   */
  async stop(): Promise<GatewayTotals | undefined> {
    this.#isStopped = true;
    this.#cancelNext();
    await this.#reading;
    const end = await this.#read();
    if (this.#first === undefined || end === undefined) return undefined;
    this.#record(end);
    return {
      sent: end.sent - this.#first.sent,
      received: end.received - this.#first.received,
      dropped: end.dropped - this.#first.dropped,
    };
  }

  #scheduleNext(): void {
    if (this.#isStopped) return;
    const dueMs = this.#startMs + (this.#second + 1) * SECOND_MS;
    this.#cancelNext = this.#clock.schedule(
      () => {
        this.#reading = this.#readSecond();
      },
      Math.max(0, dueMs - this.#clock.now()),
    );
  }

  async #readSecond(): Promise<void> {
    const counters = await this.#read();
    if (counters !== undefined) this.#record(counters);
    this.#second += 1;
    this.#scheduleNext();
  }

  #record(counters: GatewayCounters): void {
    const before = this.#last ?? counters;
    this.#last = counters;
    this.#outlets.recorded({
      second: this.#second,
      sent: counters.sent - before.sent,
      received: counters.received - before.received,
      dropped: counters.dropped - before.dropped,
      connections: counters.connections,
    });
  }

  async #read(): Promise<GatewayCounters | undefined> {
    const result = await fetchCounters(this.#metricsUrl);
    if (typeof result !== 'string') {
      this.#isFailing = false;
      return result;
    }
    if (!this.#isFailing)
      this.#outlets.failed(`the gateway's counters at ${this.#metricsUrl} cannot be read: ${result}`);
    this.#isFailing = true;
    return undefined;
  }
}

/** The counters, or why there are none. */
async function fetchCounters(url: string): Promise<GatewayCounters | string> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
    const text = await response.text();
    if (!response.ok) return `it answered ${response.status}`;
    return parseGatewayCounters(text) ?? 'they are not the counters of a gateway';
  } catch (error) {
    return errorMessage(error instanceof Error && error.cause !== undefined ? error.cause : error);
  }
}
