import type { LookupFunction } from 'node:net';
import type { Clock } from '../../../core/clock.js';
import type { BuiltInMetrics } from '../../metric/built-in-metrics.js';
import type { SeriesRegistry } from '../../metric/series-registry.js';
import type { RequestPace } from '../../pacing/request-pace.js';
import { type Tags, withTags, type Counter, type Series } from '../../metric/series.js';
import type { RuntimeOptions } from '../../client/read-network.js';
import type { ClientConnection } from '../../client/connection.js';
import type { OpenConnections } from '../../scenario/open-connections.js';
import { CookieStore } from './cookie-jar.js';
import { EventLoop } from './event-loop.js';
import { Guard } from './guard.js';
import type { ScriptLog } from './script-log.js';
import type { StopFlag } from './interruption.js';
import type { SystemTags } from '../../metric/system-tags.js';
import type { Metric } from '../../metric/metric.js';

/** Receives `exec.test.abort` and `exec.test.fail`. */
export interface TestVerdicts {
  aborted(reason: string): void;
  failed(reason: string): void;
}

/** State that all virtual users of a thread share. */
export interface ThreadContext {
  readonly clock: Clock;
  readonly registry: SeriesRegistry;
  readonly metrics: BuiltInMetrics;
  readonly connections: OpenConnections;
  readonly readBuffer: Buffer;
  /** DNS lookup of the run. */
  readonly lookup?: LookupFunction;
  readonly runtime: RuntimeOptions;
  /** Rate limit of HTTP requests, if the run has one. */
  readonly pace?: RequestPace;
  readonly systemTags: SystemTags;
  readonly log: ScriptLog;
  readonly verdicts: TestVerdicts;
  /** Rows of each SharedArray as JSON, by name. */
  readonly sharedArrays: Map<string, readonly string[]>;
  /** Contents of opened files, by path. */
  readonly files: Map<string, Buffer>;
  /** The effective options of the run, as `exec.test.options` shows them. */
  readonly options: unknown;
  readonly seed: number;
  readonly stopFlag: StopFlag;
  /** Current number of virtual users and of iterations: `exec.instance`. */
  readonly counts: () => InstanceCounts;
}

export interface InstanceCounts {
  readonly vusActive: number;
  readonly vusInitialized: number;
  readonly iterationsCompleted: number;
  readonly iterationsInterrupted: number;
  /** Clock time at which the test began. */
  readonly startMs: number;
}

/** The scenario of an iteration as `exec.scenario` shows it. */
export interface ScenarioView {
  readonly name: string;
  readonly executor: string;
  /** Clock time at which the scenario began. */
  readonly startMs: () => number;
  /** Completed share of the scenario: 0 to 1. */
  readonly progress: () => number;
}

/** The position of an iteration in the run. */
export interface IterationState {
  readonly iterationInTest: number;
  readonly iterationInInstance: number;
}

/**
 * One virtual user as k6's modules see it: what it may currently do, and the tags of its samples.
 */
export class VuContext {
  readonly guard: Guard;
  readonly loop: EventLoop;
  isInit = true;
  /** All current tags of its samples, including system tags. */
  tags: Tags = new Map();
  /** Path of the current group; '' at the root. */
  group = '';
  scenario: ScenarioView | undefined;
  iteration: IterationState = { iterationInTest: 0, iterationInInstance: 0 };
  iterationInScenario = 0;
  /** Whether its script has aborted the test. */
  hasAborted = false;
  iterationInInstance = 0;
  readonly cookies = new CookieStore();
  /** Bytes sent and received by its requests and connections. */
  readonly bytes: IterationBytes;
  /** Its connections that have a socket. */
  readonly #sockets = new Set<ClientConnection>();
  /** Functions that release resources at the end of the iteration. */
  readonly #ends = new Set<() => void>();

  constructor(
    readonly thread: ThreadContext,
    readonly number: number,
  ) {
    this.guard = new Guard(thread.stopFlag);
    this.loop = new EventLoop(this.guard);
    this.bytes = new IterationBytes(thread.metrics);
  }

  /** Counts the bytes of the connection until it is removed. */
  addSocket(connection: ClientConnection): void {
    this.#sockets.add(connection);
    this.thread.connections.add(connection, this.bytes);
  }

  removeSocket(connection: ClientConnection): void {
    this.#sockets.delete(connection);
    this.thread.connections.remove(connection);
  }

  /**
   * Runs a blocking call of a module. Its result must be returned to the script directly. `start`
   * may reject with an error for the script.
   */
  block<T>(name: string, start: (onInterrupt: (cancel: () => void) => void) => Promise<T>): Promise<T> {
    const done = this.guard.block(name, start);
    this.loop.hold(done);
    this.guard.waits = true;
    return done;
  }

  /**
   * Awaits a promise of the runtime on behalf of the script, for functions that only block if a
   * callback does.
   */
  wait<T>(promise: Promise<T>): Promise<T> {
    this.guard.waits = true;
    return promise;
  }

  /** Returns the user's tags with these added. */
  tagsWith(more: Tags): Tags {
    return withTags(this.tags, more);
  }

  /** Calls `end` when the iteration is over, unless the returned function was called before. */
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
 * The bytes of one virtual user, counted as in k6: one sample of `data_sent` and one of
 * `data_received` at the end of each iteration, including zeros. The totals grow during the
 * iteration, so that long sessions appear in each second. Bytes after an iteration, such as the
 * peer's answer to a close, belong to the next one; after the last iteration they are not counted.
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

  /** Records the samples with the current tags of the virtual user. */
  end(tags: Tags): void {
    this.#sent.end(tags);
    this.#received.end(tags);
  }
}

class Bytes implements Series {
  /** Bytes since the last sample. */
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
    this.#metric.forward(this.#bytes, tags);
    this.#bytes = 0;
  }
}
