import type { ListenAddress } from '../../core/listen-address.js';
import {
  DashboardOutput,
  LoadOutputs,
  RunMonitor,
  teeSink,
  type EngineDeps,
  type OutputOptions,
  type Plan,
  type RunSink,
} from '../../loadgen/index.js';
import type { RunSnapshot } from '../../summary/index.js';

/** Who is to watch a run. */
export interface WatchWishes {
  readonly outputs: readonly OutputOptions[];
  readonly dashboard: ListenAddress | undefined;
  /** Is told of each second. */
  readonly tell: (snapshot: RunSnapshot) => void;
}

/** Who watches a run: the outputs of `--out`, the dashboard, and whoever is told of each second. */
export class RunWatchers {
  readonly #outputs: LoadOutputs;
  readonly #dashboard: DashboardOutput | undefined;
  readonly #all: LoadOutputs;

  readonly #plan: Plan;
  readonly #wishes: WatchWishes;

  constructor(plan: Plan, wishes: WatchWishes) {
    this.#plan = plan;
    this.#wishes = wishes;
    const outputs = wishes.outputs.map(({ create }) => create(plan));
    this.#dashboard = wishes.dashboard && new DashboardOutput(wishes.dashboard);
    this.#outputs = new LoadOutputs(outputs);
    this.#all = new LoadOutputs([...outputs, ...(this.#dashboard === undefined ? [] : [this.#dashboard])]);
  }

  /** What the header says of a run that is recorded in `runPath`. */
  headerFields(runPath: string | undefined): { readonly output: string; readonly dashboard?: string } {
    const outputs = [...this.#outputs.descriptions, ...(runPath === undefined ? [] : [runPath])];
    const output = outputs.length === 0 ? '-' : outputs.join(', ');
    return { output, ...(this.#dashboard && { dashboard: this.#dashboard.url }) };
  }

  /** Throws `output.failed` or `listen.*` when one cannot start. */
  start(): Promise<void> {
    return this.#all.start();
  }

  /** What an engine needs to be watched, its records going to `file` first. */
  attach(file: RunSink | undefined): Pick<EngineDeps, 'sink' | 'takeSamples'> {
    const monitor = new RunMonitor(this.#plan.thresholds, (snapshot) => {
      this.#all.takeSnapshot(snapshot);
      this.#wishes.tell(snapshot);
    });
    const sink = teeSink(file === undefined ? [monitor] : [file, monitor]);
    return { sink, takeSamples: this.#all.takeSamples };
  }

  /** Bounded. Gives a sentence for all that did not reach its output. */
  stop(): Promise<readonly string[]> {
    return this.#all.stop();
  }
}
