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

/** The watchers of a run that the command line names. */
export interface RunWatchersOptions {
  readonly outputs: readonly OutputOptions[];
  readonly dashboard: ListenAddress | undefined;
}

export interface RunWatchersDeps {
  /** Called after each second. */
  readonly takeSnapshot: (snapshot: RunSnapshot) => void;
}

/** The watchers of a run: the outputs of `--out`, the dashboard, and the screen. */
export class RunWatchers {
  readonly #outputs: LoadOutputs;
  readonly #dashboard: DashboardOutput | undefined;
  readonly #all: LoadOutputs;

  readonly #plan: Plan;
  readonly #deps: RunWatchersDeps;

  constructor(plan: Plan, options: RunWatchersOptions, deps: RunWatchersDeps) {
    this.#plan = plan;
    this.#deps = deps;
    const outputs = options.outputs.map(({ create }) => create(plan));
    this.#dashboard = options.dashboard && new DashboardOutput(options.dashboard);
    this.#outputs = new LoadOutputs(outputs);
    this.#all = new LoadOutputs([...outputs, ...(this.#dashboard === undefined ? [] : [this.#dashboard])]);
  }

  /** The header's fields for a run that is recorded in `runPath`. */
  headerFields(runPath: string | undefined): { readonly output: string; readonly dashboard?: string } {
    const outputs = [...this.#outputs.descriptions, ...(runPath === undefined ? [] : [runPath])];
    const output = outputs.length === 0 ? '-' : outputs.join(', ');
    return { output, ...(this.#dashboard && { dashboard: this.#dashboard.url }) };
  }

  /** Throws `output.failed` or `listen.*` when one cannot start. */
  start(): Promise<void> {
    return this.#all.start();
  }

  /** The collaborators of a watched engine; its records go to `file` first. */
  attach(file: RunSink | undefined): Pick<EngineDeps, 'sink' | 'takeSamples'> {
    const monitor = new RunMonitor(this.#plan.thresholds, (snapshot) => {
      this.#all.takeSnapshot(snapshot);
      this.#deps.takeSnapshot(snapshot);
    });
    const sink = teeSink(file === undefined ? [monitor] : [file, monitor]);
    return { sink, takeSamples: this.#all.takeSamples };
  }

  /** Stops all watchers, in bounded time. Resolves with a sentence for each loss of samples. */
  stop(): Promise<readonly string[]> {
    return this.#all.stop();
  }
}
