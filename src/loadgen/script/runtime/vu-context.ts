import type { LookupFunction } from 'node:net';
import type { Clock } from '../../../core/clock.js';
import type { BuiltInMetrics } from '../../metric/built-in-metrics.js';
import type { SeriesRegistry } from '../../metric/series-registry.js';
import type { RequestPace } from '../../pacing/request-pace.js';
import { type Tags, withTags, type Counter, type Series } from '../../metric/series.js';
import type { RuntimeOptions } from '../../client/read-network.js';
import type { Connection } from '../../client/connection.js';
import type { OpenConnections } from '../../scenario/open-connections.js';
import { CookieStore } from './cookie-jar.js';
import { EventLoop } from './event-loop.js';
import { Guard } from './guard.js';
import type { ScriptLog } from './script-log.js';
import type { StopFlag } from './interruption.js';
import type { SystemTags } from '../../metric/system-tags.js';
import type { Metric } from '../../metric/metric.js';

/** What the script said about the whole test, with `exec.test.abort` and `exec.test.fail`. */
export interface TestVerdicts {
  aborted(reason: string): void;
  failed(reason: string): void;
}

/** What all virtual users of a thread share. */
export interface ThreadContext {
  readonly clock: Clock;
  readonly registry: SeriesRegistry;
  readonly metrics: BuiltInMetrics;
  readonly connections: OpenConnections;
  readonly readBuffer: Buffer;
  /** What makes addresses of names. */
  readonly lookup?: LookupFunction;
  readonly runtime: RuntimeOptions;
  /** Holds HTTP requests back, where the run wants that. */
  readonly pace?: RequestPace;
  readonly systemTags: SystemTags;
  readonly log: ScriptLog;
  readonly verdicts: TestVerdicts;
  /** Rows of each SharedArray as JSON, by its name. */
  readonly sharedArrays: Map<string, readonly string[]>;
  /** Contents of files that were opened, by path. */
  readonly files: Map<string, Buffer>;
  /** The options that the run obeys, as `exec.test.options` shows them. */
  readonly options: unknown;
  readonly seed: number;
  readonly stopFlag: StopFlag;
  /** How many virtual users there are at this moment, and iterations so far: `exec.instance`. */
  readonly counts: () => InstanceCounts;
}

export interface InstanceCounts {
  readonly vusActive: number;
  readonly vusInitialized: number;
  readonly iterationsCompleted: number;
  readonly iterationsInterrupted: number;
  /** When the test began, by the clock. */
  readonly startMs: number;
}

/** The scenario of an iteration, as `exec.scenario` shows it. */
export interface ScenarioView {
  readonly name: string;
  readonly executor: string;
  /** When the scenario began, by the clock. */
  readonly startMs: () => number;
  /** How much of it is over: 0 to 1. */
  readonly progress: () => number;
}

/** Where an iteration stands. */
export interface IterationState {
  readonly iterationInTest: number;
  readonly iterationInInstance: number;
}

/**
 * One virtual user as k6's modules see it: what it may do at this moment, and what its samples are
 * tagged with.
 */
export class VuContext {
  readonly guard: Guard;
  readonly loop: EventLoop;
  isInit = true;
  /** All tags of its samples at this moment, system tags included. */
  tags: Tags = new Map();
  /** Path of the group it is in, '' at the root. */
  group = '';
  scenario: ScenarioView | undefined;
  iteration: IterationState = { iterationInTest: 0, iterationInInstance: 0 };
  iterationInScenario = 0;
  /** Its script has ended the whole test. */
  hasAborted = false;
  iterationInInstance = 0;
  readonly cookies = new CookieStore();
  /** What its requests and connections send and receive. */
  readonly bytes: IterationBytes;
  /** Its connections that have a socket. */
  readonly #sockets = new Set<Connection>();
  /** What is closed or cut when the iteration ends. */
  readonly #ends = new Set<() => void>();

  constructor(
    readonly thread: ThreadContext,
    readonly number: number,
  ) {
    this.guard = new Guard(thread.stopFlag);
    this.loop = new EventLoop(this.guard);
    this.bytes = new IterationBytes(thread.metrics);
  }

  /** Counts the bytes of the connection until it is let go of. */
  addSocket(connection: Connection): void {
    this.#sockets.add(connection);
    this.thread.connections.add(connection, this.bytes);
  }

  removeSocket(connection: Connection): void {
    this.#sockets.delete(connection);
    this.thread.connections.remove(connection);
  }

  /**
   * Runs a blocking call of a module: what it returns is to be returned to the script at once.
   * `start` may reject with an error for the script.
   */
  block<T>(name: string, start: (onInterrupt: (cancel: () => void) => void) => Promise<T>): Promise<T> {
    const done = this.guard.block(name, start);
    this.loop.hold(done);
    this.guard.waits = true;
    return done;
  }

  /**
   * Waits for a promise of ours on the script's behalf, for functions that wait only when a
   * callback does.
   */
  wait<T>(promise: Promise<T>): Promise<T> {
    this.guard.waits = true;
    return promise;
  }

  /** These tags on top of the user's own. */
  tagsWith(more: Tags): Tags {
    return withTags(this.tags, more);
  }

  /** `end` is called when the iteration is over, unless the returned function was called before. */
  onIterationEnd(end: () => void): () => void {
    this.#ends.add(end);
    return () => void this.#ends.delete(end);
  }

  beginIteration(): void {
    this.bytes.begin();
  }

  endIteration(): void {
    const ends = [...this.#ends];
    this.#ends.clear();
    for (const end of ends) end();
    for (const socket of this.#sockets) this.thread.connections.countBytesOf(socket);
    this.bytes.end(this.tags);
  }
}

/**
 * The bytes of one virtual user, as k6 counts them: one sample of `data_sent` and one of
 * `data_received` at the end of each iteration, zeros included. The totals grow while the iteration
 * runs, so that long sessions are seen each second. What still comes after an iteration, such as
 * the peer's answer to a close, belongs to the next one; after the last it is not counted.
 */
export class IterationBytes {
  readonly dataSent: Series;
  readonly dataReceived: Series;
  readonly #sent: Bytes;
  readonly #received: Bytes;

  constructor({ dataSent, dataReceived }: Pick<BuiltInMetrics, 'dataSent' | 'dataReceived'>) {
    this.#sent = new Bytes(dataSent);
    this.#received = new Bytes(dataReceived);
    this.dataSent = this.#sent;
    this.dataReceived = this.#received;
  }

  begin(): void {
    this.#sent.begin();
    this.#received.begin();
  }

  /** Records the samples with the tags that the virtual user has at the end. */
  end(tags: Tags): void {
    this.#sent.end(tags);
    this.#received.end(tags);
  }
}

class Bytes implements Series {
  /** Since the last sample. */
  #bytes = 0;
  #isRunning = false;

  readonly #metric: Metric<Counter>;

  constructor(metric: Metric<Counter>) {
    this.#metric = metric;
  }

  add(bytes: number): void {
    this.#bytes += bytes;
    if (this.#isRunning) this.#metric.total.add(bytes);
  }

  begin(): void {
    this.#isRunning = true;
    this.#metric.total.add(this.#bytes);
  }

  end(tags: Tags): void {
    this.#isRunning = false;
    this.#metric.tell(this.#bytes, tags);
    this.#bytes = 0;
  }
}
