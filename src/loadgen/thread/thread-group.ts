import { WsgError } from '../../core/error.js';
import { IterationPool } from '../executor/executor.js';
import { SampleCredit, type SampleBatch } from '../metric/sample-batch.js';
import { countThreads } from '../plan/count-threads.js';
import type { Plan } from '../plan/plan.js';
import type { ScriptStart } from '../script/thread-script.js';
import { StopFlag } from '../script/runtime/interruption.js';
import { LoadThread, type ThreadOutlets } from './load-thread.js';
import { ProgressCells, sumProgress, type ThreadProgress } from './progress-cells.js';
import type { EndMessage, LogMessage, SecondMessage, ToThread, VerdictMessage } from './protocol.js';
import { LineCredit } from './script-lines.js';
import { SecondMerger } from './second-merger.js';
import { SilenceWatch } from './silence-watch.js';

/** What load threads may be told besides their plan. */
export interface ThreadGroupOptions {
  /** The file that they run; the one beside this file unless told. */
  readonly entry?: URL;
  /** Takes every sample. */
  readonly takeSamples?: (batch: SampleBatch) => void;
  /** Whether the seconds also tell what each scenario and group recorded. */
  readonly breaksDown?: boolean;
  /** What the virtual users run, unless a built-in scenario. */
  readonly script?: ScriptStart;
  /** Takes what a script writes and says. */
  readonly takeScriptMessage?: (message: LogMessage | VerdictMessage) => void;
}

/**
 * The load threads of a run: they begin together, wait for one another between its parts, and their
 * seconds become one.
 */
export class ThreadGroup {
  readonly #cells: readonly (readonly ProgressCells[])[];
  readonly #threads: readonly LoadThread[];
  readonly #merger: SecondMerger;
  readonly #credit = new SampleCredit();
  readonly #lineCredit = new LineCredit();
  /** Ends busy loops of scripts, which hear no message. */
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
      void this.#threads[index]?.giveUp(`it has said nothing for ${seconds} s`);
    });
    const progress = this.#cells.map((cells) => cells.map(({ memory }) => memory));
    const samples = takeSamples && this.#credit.memory;
    this.#threads = this.#cells.map((_, index) => {
      const lines = this.#lineCredit.memory;
      const start = { plan, shard: { index, count }, progress, pools, samples, lines, script, breaksDown };
      return new LoadThread(start, this.#outletsOf(index), entry);
    });
  }

  /** Of each scenario, at this moment. */
  get progress(): readonly ThreadProgress[] {
    const [first = []] = this.#cells;
    return first.map((_, scenario) => sumProgress(this.#cells.flatMap((cells) => cells[scenario]?.read() ?? [])));
  }

  /**
   * Starts the threads and resolves when all have ended: with the run's end, or undefined when they
   * were cut. Throws `thread.crashed` when one ended of itself before its time, once the others,
   * which were then stopped, have handed over what they had.
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
    this.#tellAll({ type: 'begin', startNs: process.hrtime.bigint() });
    const setUp = await this.#threads[0]?.setUp;
    this.#tellAll({ type: 'run', setUp: setUp ?? { mayBegin: false } });
    this.#watch.start();
    await Promise.all(this.#threads.map(({ usersDone }) => usersDone));
    // The first thread runs `teardown`, which may compute up to its own limit.
    this.#watch.allow(0, Math.ceil(this.#teardownMs / 1000));
    this.#tellAll({ type: 'finish' });
    const messages = await Promise.all(ends);
    if (this.#failure !== undefined) throw this.#failure;
    return composeEnd(messages);
  }

  /** Interrupts the iterations; the threads then end soon. */
  stop(): void {
    this.#stopFlag.raise();
    this.#tellAll({ type: 'stop' });
  }

  /** Ends the threads at once; the second under way is lost. */
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

  #tellAll(message: ToThread): void {
    for (const thread of this.#threads) thread.tell(message);
  }

  #outletsOf(index: number): ThreadOutlets {
    return {
      secondEnded: (message) => {
        this.#watch.heard(index);
        this.#merger.add(index, message);
      },
      takeSamples: (batch) => {
        this.#options.takeSamples?.(batch);
        this.#credit.giveBack();
      },
      takeScriptMessage: (message) => {
        if (message.type === 'log') this.#lineCredit.giveBack();
        this.#options.takeScriptMessage?.(message);
      },
    };
  }
}

/** The first thread alone runs `setup` and `teardown`. */
function composeEnd(messages: readonly (EndMessage | undefined)[]): EndMessage | undefined {
  const [first] = messages;
  if (first === undefined) return undefined;
  return { ...first, durationMs: Math.max(...messages.map((message) => message?.durationMs ?? 0)) };
}
