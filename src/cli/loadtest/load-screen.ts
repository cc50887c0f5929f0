import type { RunObserver, RunProgress } from '../../loadgen/index.js';
import type { RunEventRecord } from '../../run-file/records.js';
import {
  LiveHistory,
  renderHeader,
  renderLiveScreen,
  renderProgress,
  type HeaderView,
  type RunSnapshot,
} from '../../summary/index.js';
import { LiveProgress } from '../live-progress.js';
import type { Output, TextSink } from '../output.js';
import { LoadLog, type LogOptions } from './load-log.js';
import type { LogLine } from '../log-line.js';

/** Output and format of a load test's screen. */
export interface LoadScreenOptions {
  readonly output: Output;
  /** Standard output is for one JSON object. */
  readonly json: boolean;
  /** No header and no progress. */
  readonly quiet: boolean;
  readonly noColor: boolean;
  readonly log: LogOptions;
  /** On a terminal also rates, response times, thresholds and health above the progress. */
  readonly isLiveFull?: boolean;
}

/** The maximum width of a chart, in seconds. */
const HISTORY_SECONDS = 60;

/**
 * The screen of a running load test. Header and progress go to standard output, as k6's do. Where
 * that is a pipe, the progress goes to standard error; where it carries JSON or samples, both do.
 */
export class LoadScreen implements RunObserver {
  readonly #options: LoadScreenOptions;
  #sink: TextSink;
  #live: LiveProgress;
  #headerSink: TextSink;
  readonly #history = new LiveHistory(HISTORY_SECONDS);
  readonly #log: LoadLog;
  #last: RunProgress | undefined;

  constructor(options: LoadScreenOptions) {
    const { stdout, stderr } = options.output;
    this.#options = options;
    this.#sink = stdout.isTerminal && !options.json ? stdout : stderr;
    this.#headerSink = options.json ? stderr : stdout;
    this.#live = new LiveProgress(this.#sink);
    this.#log = new LoadLog(options.log, {
      stderr: this.#aroundProgress(stderr),
      stdout: this.#aroundProgress(stdout),
      elapsedMs: () => this.#last?.elapsedMs ?? 0,
    });
  }

  /** Moves everything to standard error: standard output is for the samples of an output. */
  leaveStandardOutput(): void {
    const { stderr } = this.#options.output;
    this.#sink = stderr;
    this.#headerSink = stderr;
    this.#live = new LiveProgress(stderr);
  }

  /** Prints banner and plan. */
  showHeader(view: HeaderView): void {
    if (this.#options.quiet) return;
    const colour = this.#headerSink.useColor && !this.#options.noColor;
    this.#headerSink.write(renderHeader(view, { colour }));
  }

  progressed(progress: RunProgress): void {
    this.#last = progress;
    if (!this.#options.quiet) this.#live.show(progress.elapsedMs, () => this.#liveLines(progress));
  }

  /** Takes the state of a run after a second. */
  snapshotTaken(snapshot: RunSnapshot): void {
    this.#history.add(snapshot);
  }

  happened(event: RunEventRecord): void {
    // k6 logs the reason of an early end as an error.
    this.logged({ level: event.kind === 'interruption' ? 'error' : 'warning', text: event.text });
  }

  /** Logs one line. */
  logged(line: LogLine): void {
    this.#log.write(line);
  }

  /** Closes the log. */
  close(): void {
    this.#log.close();
  }

  /** Removes the progress from the terminal, so that results can follow. */
  clear(): void {
    this.#live.erase();
  }

  /** Prints the last progress permanently; k6 leaves it below its summary. */
  showEnd(): void {
    if (this.#last === undefined || this.#options.quiet) return;
    this.#sink.write(`${this.#progressLines(this.#last).join('\n')}\n`);
  }

  #liveLines(progress: RunProgress): string[] {
    const lines = this.#progressLines(progress);
    const sink = this.#sink;
    if (this.#options.isLiveFull !== true || !sink.canRedraw) return lines;
    // Rows that have scrolled off the terminal cannot be redrawn; the last row has the cursor.
    const rows = sink.rows - lines.length - 1;
    return [...renderLiveScreen(this.#history, { colour: this.#useColor, columns: sink.columns, rows }), ...lines];
  }

  #progressLines(progress: RunProgress): string[] {
    const columns = this.#sink.canRedraw ? this.#sink.columns : undefined;
    return renderProgress(progress, { colour: this.#useColor, columns });
  }

  /** Wraps a sink so that a line does not break the progress on the same terminal. */
  #aroundProgress(sink: TextSink): Pick<TextSink, 'isTerminal' | 'write'> {
    return { isTerminal: sink.isTerminal, write: (text) => this.#live.around(() => sink.write(text)) };
  }

  get #useColor(): boolean {
    return this.#sink.useColor && !this.#options.noColor;
  }
}
