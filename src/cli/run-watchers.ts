import {
  LoadOutputs,
  RunMonitor,
  teeSink,
  type EngineDeps,
  type OutputWish,
  type Plan,
  type RunSink,
} from '../loadgen/index.js';

/** Who watches a run besides the user's terminal: the outputs of `--out`. */
export class RunWatchers {
  private readonly outputs: LoadOutputs;

  constructor(
    private readonly plan: Plan,
    outputs: readonly OutputWish[],
  ) {
    this.outputs = new LoadOutputs(outputs.map((wish) => wish(plan)));
  }

  /** For the header. */
  get descriptions(): readonly string[] {
    return this.outputs.descriptions;
  }

  /** Throws `output.failed` or `listen.*` when one has nothing to write to. */
  start(): Promise<void> {
    return this.outputs.start();
  }

  /** What an engine needs to be watched, its records going to `file` first. */
  attach(file: RunSink | undefined): Pick<EngineDeps, 'sink' | 'takeSamples'> {
    const monitor = new RunMonitor(this.plan.thresholds, (snapshot) => this.outputs.takeSnapshot(snapshot));
    const sink = teeSink(file === undefined ? [monitor] : [file, monitor]);
    return { sink, takeSamples: this.outputs.takeSamples };
  }

  /** Bounded. Gives a sentence for all that did not reach its output. */
  stop(): Promise<readonly string[]> {
    return this.outputs.stop();
  }
}
