import { WsgError } from '../../core/error.js';
import type { Script } from '../../loadgen/index.js';
import type { Run } from '../../run-file/records.js';
import { EXIT_CODE, strongestExitCode, type ExitCode } from '../exit-code.js';
import type { LogLine } from '../log-line.js';
import type { Output, TextSink } from '../output.js';
import { reportError } from '../report-error.js';
import { exitCodeOfRun } from '../run-exit-code.js';
import { warning } from './load-log.js';
import type { LoadRequest } from './load-request.js';
import { crossedThresholds, exportSummary, hasNoIteration, printResults, writeScriptSummary } from './load-results.js';
import type { RunOutcome } from './run.js';
import type { LoadtestFlags } from './run-flags.js';

/** The values that decide how results are printed. */
export interface FinishOptions {
  readonly flags: LoadtestFlags;
  readonly request: LoadRequest;
  readonly program: Script | undefined;
}

/** The destinations of results. */
export interface FinishDeps {
  readonly output: Output;
  readonly logged: (line: LogLine) => void;
  /** Leaves the last progress on the screen, below k6's summary. */
  readonly showEnd: () => void;
}

/** Prints the results of a run, writes the exported summary, and returns the exit code. */
export async function finishLoadtest(outcome: RunOutcome, options: FinishOptions, deps: FinishDeps): Promise<ExitCode> {
  const { run, runPath, failedMark, setupData, breakdown } = outcome;
  const { flags, request } = options;
  const { summary, outputs } = request;
  const json = flags.json === true;
  const beside = resultOutput(deps.output, !json && outputs.some(({ takesStandardOutput }) => takesStandardOutput));
  const isSummarised = await summariseByScript(outcome, options, { ...deps, output: beside });
  // Standard output is then for what the script returned alone, as in k6.
  const output = resultOutput(beside, !json && (isSummarised || summary.mode === 'disabled'));
  const { trendStats } = summary;
  const unexported = exportSummary(run, { path: flags['summary-export'], trendStats, setupData });
  const failure = outcome.failure ?? unexported;
  const mode = isSummarised ? 'by-script' : summary.mode;
  const noColor = flags['no-color'] === true;
  printResults(run, { ...summary, breakdown, mode, output, json, noColor, afterSummary: deps.showEnd });
  if (failure?.code !== 'run-file.write-failed') printRunPath(runPath, json ? output.stderr : output.stdout);
  logOutcome(run, deps);
  return strongestExitCode([
    logError(failure, deps),
    logError(markedFailed(failedMark), deps),
    exitCodeOfRun(run, flags['allow-saturated'] === true),
  ]);
}

function printRunPath(runPath: string | undefined, sink: Pick<TextSink, 'write'>): void {
  if (runPath !== undefined) sink.write(`\nrun file: ${runPath} (\`wsg report ${runPath}\` prints it again)\n`);
}

/** The output with its results moved to standard error, where standard output is taken. */
function resultOutput(output: Output, isMoved: boolean): Output {
  return isMoved ? { ...output, stdout: output.stderr } : output;
}

/** True when the script's own `handleSummary` replaces the summary. */
async function summariseByScript(
  { run, setupData }: RunOutcome,
  { program, request: { summary }, flags }: FinishOptions,
  { output, logged }: FinishDeps,
): Promise<boolean> {
  if (program === undefined || !program.hasSummary || summary.mode === 'disabled') return false;
  const noColor = flags['no-color'] === true;
  const tellError = (text: string): void => logged({ level: 'error', text });
  return writeScriptSummary({ run, program, summary, output, setupData, noColor, tellError });
}

function logOutcome(run: Run, { logged }: FinishDeps): void {
  if (hasNoIteration(run))
    logged(warning('No script iterations fully finished, consider making the test duration longer'));
  const crossed = crossedThresholds(run);
  if (crossed !== undefined) logged({ level: 'error', text: crossed });
}

function markedFailed(reason: string | undefined): WsgError | undefined {
  return reason === undefined ? undefined : new WsgError('script.marked-failed', `test marked as failed: ${reason}`);
}

/**
 * Logs an error that left results: a JSON object of the results stands alone on standard output.
 */
function logError(error: WsgError | undefined, { output, logged }: FinishDeps): ExitCode {
  if (error === undefined) return EXIT_CODE.ok;
  return reportError(error, output, { json: false, showStack: process.env.DEBUG !== undefined, log: logged });
}
