import type { RunObserver, RunProgress, ScriptLogLine } from '../loadgen/index.js';
import type { RunEventRecord } from '../run-file/records.js';
import {
  LiveHistory,
  renderHeader,
  renderLiveScreen,
  renderProgress,
  type HeaderView,
  type RunSnapshot,
} from '../summary/index.js';
import { LiveProgress } from './live-progress.js';
import type { Output, TextSink } from './output.js';
import { renderScriptLogLine } from './script-log-line.js';

/** How a load test is to be shown. */
export interface LoadScreenOptions {
  readonly output: Output;
  /** Standard output is for one JSON object. */
  readonly json: boolean;
  /** No header and no progress. */
  readonly quiet: boolean;
  readonly noColor: boolean;
  /** On a terminal also rates, response times, thresholds and health above the progress. */
  readonly isLiveFull?: boolean;
}

/** As many as a curve is wide at most. */
const HISTORY_SECONDS = 60;

/**
 * What a user sees while a load test runs. On a terminal header and progress go to standard output, as k6's do; where that is
 * a pipe, or carries JSON, they go to standard error.
 */
export class LoadScreen implements RunObserver {
  private readonly options: LoadScreenOptions;
  private readonly sink: TextSink;
  private readonly live: LiveProgress;
  private readonly history = new LiveHistory(HISTORY_SECONDS);
  private last: RunProgress | undefined;

  constructor(options: LoadScreenOptions) {
    const { stdout, stderr } = options.output;
    this.options = options;
    this.sink = stdout.isTerminal && !options.json ? stdout : stderr;
    this.live = new LiveProgress(this.sink);
  }

  /** Banner and plan. */
  showHeader(view: HeaderView): void {
    if (!this.options.quiet) this.sink.write(renderHeader(view, { colour: this.useColor }));
  }

  progressed(progress: RunProgress): void {
    this.last = progress;
    if (!this.options.quiet) this.live.show(progress.elapsedMs, () => this.liveLines(progress));
  }

  /** Takes a run as it stands after a second. */
  snapshotTaken(snapshot: RunSnapshot): void {
    this.history.add(snapshot);
  }

  happened(event: RunEventRecord): void {
    this.showLine(`WARN[${secondOf(event.elapsedMs)}] ${event.text}`);
  }

  /** A line of a script's log. */
  logged(line: ScriptLogLine): void {
    const { isTerminal } = this.options.output.stderr;
    this.showLine(renderScriptLogLine(line, { isTerminal, elapsedMs: this.last?.elapsedMs ?? 0 }));
  }

  /** What the run ends with, as k6 logs an error at this moment of it. */
  showError(elapsedMs: number, text: string): void {
    this.showLine(`ERRO[${secondOf(elapsedMs)}] ${text}`);
  }

  /** One line of something else, such as the gateway's log, on standard error. */
  showLine(line: string): void {
    this.live.around(() => this.options.output.stderr.write(`${line}\n`));
  }

  /** Takes the progress off the terminal, so that results can follow. */
  clear(): void {
    this.live.erase();
  }

  /** The last progress for good; k6 leaves it below its summary. */
  showEnd(): void {
    if (this.last === undefined || this.options.quiet) return;
    this.sink.write(`${this.progressLines(this.last).join('\n')}\n`);
  }

  private liveLines(progress: RunProgress): string[] {
    const lines = this.progressLines(progress);
    const { sink } = this;
    if (this.options.isLiveFull !== true || !sink.canRedraw) return lines;
    // What has left the terminal at its top cannot be drawn over: the last row is where the cursor stands.
    const rows = sink.rows - lines.length - 1;
    return [...renderLiveScreen(this.history, { colour: this.useColor, columns: sink.columns, rows }), ...lines];
  }

  private progressLines(progress: RunProgress): string[] {
    const columns = this.sink.canRedraw ? this.sink.columns : undefined;
    return renderProgress(progress, { colour: this.useColor, columns });
  }

  private get useColor(): boolean {
    return this.sink.useColor && !this.options.noColor;
  }
}

function secondOf(elapsedMs: number): string {
  return String(Math.floor(elapsedMs / 1000)).padStart(4, '0');
}
