import { Worker } from 'node:worker_threads';
import { errorMessage, WsgError } from '../../core/error.js';
import { IterationPool } from '../executor/iteration-pool.js';
import { SampleCredit, type SampleBatch } from '../metric/sample-batch.js';
import { WHOLE } from '../pacing/shard.js';
import type { Plan } from '../plan/plan.js';
import { ProgressCells, type ThreadProgress } from './progress-cells.js';
import type { ScriptStart } from '../scenario/thread-script.js';
import {
  isFromThread,
  type EndMessage,
  type LogMessage,
  type SecondMessage,
  type StopMessage,
  type ThreadStart,
  type VerdictMessage,
} from './protocol.js';

/** What a load thread may be told besides its plan. */
export interface LoadThreadOptions {
  /** The file that it runs; the one beside this file unless told. */
  readonly entry?: URL;
  /** Takes every sample. */
  readonly takeSamples?: (batch: SampleBatch) => void;
  /** What the virtual users run, unless a built-in scenario. */
  readonly script?: ScriptStart;
  /** Takes what a script writes and says. */
  readonly takeScriptMessage?: (message: LogMessage | VerdictMessage) => void;
}

const ENTRY = new URL('./worker.js', import.meta.url);

/** The parent's side of a load thread. */
export class LoadThread {
  private readonly cells: readonly ProgressCells[];
  private worker: Worker | undefined;
  private end: EndMessage | undefined;
  private crash: unknown;
  private isCut = false;
  private readonly credit = new SampleCredit();

  constructor(
    private readonly plan: Plan,
    private readonly secondEnded: (message: SecondMessage) => void,
    private readonly options: LoadThreadOptions = {},
  ) {
    this.cells = plan.scenarios.map(() => new ProgressCells());
  }

  /** Of each scenario, at this moment. */
  get progress(): readonly ThreadProgress[] {
    return this.cells.map((cells) => cells.read());
  }

  /**
   * Starts the thread and resolves when it has ended: with its last message, or undefined when it was cut. Throws `thread.crashed`
   * when it ended of itself before its time; the seconds that it had handed over stand.
   */
  async run(): Promise<EndMessage | undefined> {
    const workerData: ThreadStart = {
      plan: this.plan,
      shard: WHOLE,
      progress: this.cells.map((cells) => cells.memory),
      pools: this.plan.scenarios.map(() => new IterationPool().memory),
      samples: this.options.takeSamples && this.credit.memory,
      script: this.options.script,
    };
    const worker = new Worker(this.options.entry ?? ENTRY, { workerData, name: 'wsg-load' });
    this.worker = worker;
    worker.on('message', (message: unknown) => this.receive(message));
    worker.on('error', (error) => {
      this.crash = error;
    });
    const exitCode = await new Promise<number>((resolve) => {
      worker.once('exit', resolve);
    });
    if (this.end !== undefined || this.isCut) return this.end;
    const reason = this.crash === undefined ? `it exited with ${exitCode}` : errorMessage(this.crash);
    throw new WsgError('thread.crashed', `a load thread crashed: ${reason}`, {
      cause: this.crash,
      hint: 'What was recorded before stands in the run file.',
    });
  }

  /** Interrupts the iterations; the thread then ends soon. */
  stop(): void {
    this.worker?.postMessage({ type: 'stop' } satisfies StopMessage);
  }

  /** Ends the thread at once; the second under way is lost. */
  async cut(): Promise<void> {
    this.isCut = true;
    await this.worker?.terminate();
  }

  private takeSamples(batch: SampleBatch): void {
    this.options.takeSamples?.(batch);
    this.credit.giveBack();
  }

  private receive(message: unknown): void {
    if (!isFromThread(message)) return;
    if (message.type === 'samples') this.takeSamples(message.batch);
    else if (message.type === 'second') this.secondEnded(message);
    else if (message.type === 'end') this.end = message;
    else this.options.takeScriptMessage?.(message);
  }
}
