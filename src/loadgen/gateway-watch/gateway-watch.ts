import type { Clock } from '../../core/clock.js';
import { errorMessage } from '../../core/error.js';
import type { GatewayRecord, GatewayTotals } from '../../run-file/records.js';

const SECOND_MS = 1000;
const REQUEST_TIMEOUT_MS = 2000;

/** Receives the results of a watch. */
export interface GatewayWatchDeps {
  recorded(record: GatewayRecord): void;
  /** Called for the first of several failures in a row, and when nodes of a cluster are not watched. */
  warned(text: string): void;
}

/**
 * Reads the counters of gateways from their /metrics each second, and their increase over the whole
 * run. Counters of several are added up; a second in which one cannot be read has no record.
 */
export class GatewayWatch {
  readonly #metricsUrls: readonly string[];
  #first: WatchedCounters | undefined;
  #last: WatchedCounters | undefined;
  #second = 0;
  #startMs = 0;
  #isFailing = false;
  #isStopped = false;
  #cancelNext: () => void = () => undefined;
  #reading: Promise<void> = Promise.resolve();

  readonly #deps: GatewayWatchDeps;
  readonly #clock: Clock;

  /** `gatewayUrls` are the base URLs of the gateways: all nodes that the load may reach. */
  constructor(gatewayUrls: readonly string[], deps: GatewayWatchDeps, clock: Clock) {
    this.#deps = deps;
    this.#clock = clock;
    this.#metricsUrls = gatewayUrls.map((url) => new URL('/metrics', url).href);
  }

  /** Reads the initial counters, then once per second. */
  async start(): Promise<void> {
    this.#startMs = this.#clock.now();
    this.#first = await this.#read();
    this.#last = this.#first;
    this.#checkCluster(this.#first?.members ?? 0);
    this.#scheduleNext();
  }

  /**
   * Reads the final counters. Returns the increase over the run; undefined if the first or the last
   * reading failed. Must be called after all sockets have closed.
   */
  async stop(): Promise<GatewayTotals | undefined> {
    this.#isStopped = true;
    this.#cancelNext();
    await this.#reading;
    const end = await this.#read();
    if (this.#first === undefined || end === undefined) return undefined;
    this.#record(end);
    const { sent, received, dropped } = this.#first;
    return {
      sent: end.sent - sent,
      received: end.received - received,
      dropped: end.dropped - dropped,
      before: { sent, received, dropped },
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

  #record(counters: WatchedCounters): void {
    const before = this.#last ?? counters;
    this.#last = counters;
    this.#deps.recorded({
      second: this.#second,
      sent: counters.sent - before.sent,
      received: counters.received - before.received,
      dropped: counters.dropped - before.dropped,
      connections: counters.connections,
    });
  }

  async #read(): Promise<WatchedCounters | undefined> {
    const results = await Promise.all(this.#metricsUrls.map(fetchCounters));
    const counters: WatchedCounters[] = [];
    for (const [index, result] of results.entries()) {
      if (typeof result === 'string') return this.#fail(this.#metricsUrls[index], result);
      counters.push(result);
    }
    this.#isFailing = false;
    return addCounters(counters);
  }

  #fail(url: string | undefined, reason: string): undefined {
    if (!this.#isFailing) this.#deps.warned(`the gateway's counters at ${url} cannot be read: ${reason}`);
    this.#isFailing = true;
  }

  /** Messages of nodes that are not watched would show as a difference. */
  #checkCluster(members: number): void {
    const watched = this.#metricsUrls.length;
    if (members <= watched) return;
    const text = `the gateway belongs to a cluster of ${members} nodes, and the counters of ${watched} are read`;
    this.#deps.warned(`${text}: name every node with a --gateway of its own, or their messages count as a difference`);
  }
}

/** Returns the counters, or the reason why they cannot be read. */
async function fetchCounters(url: string): Promise<WatchedCounters | string> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
    const text = await response.text();
    if (!response.ok) return `the response status was ${response.status}`;
    return parseGatewayCounters(text) ?? 'the text does not contain the counters of a gateway';
  } catch (error) {
    return errorMessage(error instanceof Error && error.cause !== undefined ? error.cause : error);
  }
}

/** Counters of a gateway at one moment. */
export interface WatchedCounters {
  readonly sent: number;
  readonly received: number;
  readonly dropped: number;
  readonly connections: number;
  /** Nodes of the cluster that the gateway belongs to, itself included; 0 without one. */
  readonly members: number;
}

function addCounters(counters: readonly WatchedCounters[]): WatchedCounters {
  const sum = (name: keyof WatchedCounters) => counters.reduce((total, one) => total + one[name], 0);
  return {
    sent: sum('sent'),
    received: sum('received'),
    dropped: sum('dropped'),
    connections: sum('connections'),
    members: Math.max(...counters.map(({ members }) => members)),
  };
}

const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{[^}]*\})?\s+(\S+)/;

/**
 * Parses the counters from Prometheus text; series with the same name are added up. Undefined if
 * the text is not from a gateway.
 */
export function parseGatewayCounters(text: string): WatchedCounters | undefined {
  const sums = new Map<string, number>();
  for (const line of text.split('\n')) {
    const match = SAMPLE.exec(line);
    const name = match?.[1];
    if (name !== undefined) sums.set(name, (sums.get(name) ?? 0) + Number(match?.[2]));
  }
  const sent = sums.get('messages_sent_counter');
  const received = sums.get('messages_recieved_counter');
  if (sent === undefined || received === undefined) return undefined;
  const sumOf = (name: string) => sums.get(name) ?? 0;
  return {
    sent,
    received,
    dropped: sumOf('messages_dropped_total'),
    connections: sumOf('active_connections_gauge'),
    members: sumOf('wsg_cluster_members'),
  };
}
