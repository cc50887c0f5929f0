import { WsgError } from '../../core/error.js';
import { IterationPool } from '../executor/executor.js';
import { SampleCredit, type SampleBatch } from '../metric/sample-batch.js';
import { countThreads } from '../plan/count-threads.js';
import type { Plan } from '../plan/plan.js';
import type { ScriptBundle } from '../script/script-runner.js';
import { StopFlag } from '../script/runtime/interruption.js';
import { LoadThread, type LoadThreadDeps } from './load-thread.js';
import { ProgressCells, sumProgress, type ThreadProgress } from './progress-cells.js';
import type { EndMessage, LogMessage, SecondMessage, ToThread, VerdictMessage } from './protocol.js';
import { LineCredit } from './script-lines.js';
import { mergeHealth, mergeLoadHealth } from '../health/merge-health.js';
import { mergeMetrics } from '../metric/merge-metrics.js';

/** Options of load threads in addition to their plan. */
export interface ThreadGroupOptions {
  /** The entry file of the threads; the default is next to this file. */
  readonly entry?: URL;
  /** Takes every sample. */
  readonly takeSamples?: (batch: SampleBatch) => void;
  /** Whether the seconds also contain the figures by scenario and group. */
  readonly breaksDown?: boolean;
  /** The script of the virtual users; undefined for a built-in scenario. */
  readonly script?: ScriptBundle;
  /** Receives log lines and verdicts of the script. */
  readonly takeScriptMessage?: (message: LogMessage | VerdictMessage) => void;
}

/**
 * The load threads of a run. They begin together, wait for one another between the parts of the
 * run, and their seconds are merged.
 */
export class ThreadGroup {
  readonly #cells: readonly (readonly ProgressCells[])[];
  readonly #threads: readonly LoadThread[];
  readonly #merger: SecondMerger;
  readonly #credit = new SampleCredit();
  readonly #lineCredit = new LineCredit();
  /** Ends busy loops of scripts, which do not process messages. */
  readonly #stopFlag: StopFlag;
  #failure: WsgError | undefined;
  readonly #watch: SilenceWatch;
  readonly #teardownMs: number;

  readonly #options: ThreadGroupOptions;

  constructor(plan: Plan, secondEnded: (message: SecondMessage) => void, options: ThreadGroupOptions = {}) {
    this.#options = options;
    const { script, takeSamples, entry, breaksDown } = options;
    const count = countThreads(plan);
    this.#teardownMs = script === undefined ? 0 : plan.runtime.teardownTimeoutMs;
    const pools = plan.scenarios.map(() => new IterationPool().memory);
    this.#stopFlag = new StopFlag(script?.stopFlag);
    this.#merger = new SecondMerger(count, secondEnded);
    this.#cells = Array.from({ length: count }, () => plan.scenarios.map(() => new ProgressCells()));
    this.#watch = new SilenceWatch(count, (index, seconds) => {
      void this.#threads[index]?.giveUp(`it has not responded for ${seconds} s`);
    });
    const progress = this.#cells.map((cells) => cells.map(({ memory }) => memory));
    const samples = takeSamples && this.#credit.memory;
    this.#threads = this.#cells.map((_, index) => {
      const lines = this.#lineCredit.memory;
      const start = { plan, shard: { index, count }, progress, pools, samples, lines, script, breaksDown };
      return new LoadThread(start, this.#outletsOf(index), entry);
    });
  }

  /** Current progress of each scenario. */
  get progress(): readonly ThreadProgress[] {
    const [first = []] = this.#cells;
    return first.map((_, scenario) => sumProgress(this.#cells.flatMap((cells) => cells[scenario]?.read() ?? [])));
  }

  /**
   * Starts the threads and resolves when all have ended: with the end of the run, or undefined if
   * they were cut. Throws `thread.crashed` if one ended prematurely, after the others were stopped
   * and have reported their values.
   */
  async run(): Promise<EndMessage | undefined> {
    try {
      return await this.#runAll();
    } finally {
      this.#watch.stop();
    }
  }

  async #runAll(): Promise<EndMessage | undefined> {
    const ends = this.#threads.map((thread, index) => this.#runThread(thread, index));
    await Promise.all(this.#threads.map(({ ready }) => ready));
    this.#sendAll({ type: 'begin', startNs: process.hrtime.bigint() });
    const setUp = await this.#threads[0]?.setUp;
    this.#sendAll({ type: 'run', setUp: setUp ?? { mayBegin: false } });
    this.#watch.start();
    await Promise.all(this.#threads.map(({ usersDone }) => usersDone));
    // The first thread runs `teardown`, which may compute up to its own limit.
    this.#watch.allow(0, Math.ceil(this.#teardownMs / 1000));
    this.#sendAll({ type: 'finish' });
    const messages = await Promise.all(ends);
    if (this.#failure !== undefined) throw this.#failure;
    return composeEnd(messages);
  }

  /** Interrupts the iterations; the threads then end soon. */
  stop(): void {
    this.#stopFlag.raise();
    this.#sendAll({ type: 'stop' });
  }

  /** Ends the threads immediately. The current second is lost. */
  async cut(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.cut()));
  }

  async #runThread(thread: LoadThread, index: number): Promise<EndMessage | undefined> {
    try {
      return await thread.run();
    } catch (error) {
      if (!(error instanceof WsgError)) throw error;
      this.#failure ??= error;
      this.stop();
      return undefined;
    } finally {
      this.#merger.ended(index);
      this.#watch.ended(index);
    }
  }

  #sendAll(message: ToThread): void {
    for (const thread of this.#threads) thread.send(message);
  }

  #outletsOf(index: number): LoadThreadDeps {
    return {
      secondEnded: (message) => {
        this.#watch.heard(index);
        this.#merger.add(index, message);
      },
      takeSamples: (batch) => {
        this.#options.takeSamples?.(batch);
        this.#credit.release();
      },
      takeScriptMessage: (message) => {
        if (message.type === 'log') this.#lineCredit.release();
        this.#options.takeScriptMessage?.(message);
      },
    };
  }
}

/** Merges the end messages. Only the first thread runs `setup` and `teardown`. */
function composeEnd(messages: readonly (EndMessage | undefined)[]): EndMessage | undefined {
  const [first] = messages;
  if (first === undefined) return undefined;
  return { ...first, durationMs: Math.max(...messages.map((message) => message?.durationMs ?? 0)) };
}

const CHECK_MS = 1000;

/** Longer than any garbage collection, and longer than a script may reasonably compute. */
const SILENT_CHECKS = 60;

/**
 * Detects a thread that has stopped responding. A thread in an endless native call, such as a
 * regular expression with catastrophic backtracking, processes neither messages nor the stop flag.
 * Counts checks instead of time, so that a suspended process is not reported.
 */
export class SilenceWatch {
  readonly #silentChecks: number[];
  /** Limit of each thread. */
  readonly #limits: number[];
  #timer: NodeJS.Timeout | undefined;

  readonly #silent: (index: number, seconds: number) => void;

  /** `silent` receives the index of a thread once. */
  constructor(threads: number, silent: (index: number, seconds: number) => void, limit = SILENT_CHECKS) {
    this.#silent = silent;
    this.#silentChecks = Array.from({ length: threads }, () => 0);
    this.#limits = Array.from({ length: threads }, () => limit);
  }

  start(): void {
    this.#timer = setInterval(() => this.check(), CHECK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /**
   * Extends the limit of this thread by `seconds`, because it runs code with a time limit of its
   * own.
   */
  allow(index: number, seconds: number): void {
    this.#limits[index] = (this.#limits[index] ?? 0) + seconds;
  }

  heard(index: number): void {
    this.#silentChecks[index] = 0;
  }

  /** Stops watching this thread. */
  ended(index: number): void {
    this.#silentChecks[index] = Number.NEGATIVE_INFINITY;
  }

  /** Counts one second; called by the timer. */
  check(): void {
    this.#silentChecks.forEach((checks, index) => {
      this.#silentChecks[index] = checks + 1;
      if (checks + 1 === this.#limits[index]) this.#silent(index, ((checks + 1) * CHECK_MS) / 1000);
    });
  }
}

/**
 * Merges the seconds of all threads, in order, as soon as no thread can add to a second any more.
 */
export class SecondMerger {
  readonly #pending = new Map<number, SecondMessage[]>();
  /** For each thread, the next second that it will report; Infinity if it has ended. */
  readonly #nextOf: number[];
  #next = 0;

  readonly #secondEnded: (message: SecondMessage) => void;

  constructor(threads: number, secondEnded: (message: SecondMessage) => void) {
    this.#secondEnded = secondEnded;
    this.#nextOf = Array.from({ length: threads }, () => 0);
  }

  add(thread: number, message: SecondMessage): void {
    // A late message, from a thread that seemed to have ended, counts for the next second instead
    // of being lost.
    const second = Math.max(message.second, this.#next);
    const parts = this.#pending.get(second);
    if (parts === undefined) this.#pending.set(second, [message]);
    else parts.push(message);
    this.#nextOf[thread] = Math.max(this.#nextOf[thread] ?? 0, second + 1);
    this.#hand();
  }

  /** Called when the thread will report nothing more. */
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
