import { writeFileSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorMessage, WsgError } from '../../core/error.js';
import type { Run } from '../../run-file/records.js';
import {
  summaryExport,
  summaryJson,
  renderSchedule,
  renderGateway,
  renderHdrTables,
  renderHealth,
  renderSummary,
  type SummaryOptions,
} from '../../summary/index.js';
import { planSchedule, type Script, type Plan } from '../../loadgen/index.js';
import type { Output } from '../output.js';
import { EXIT_CODE, strongestExitCode, type ExitCode } from '../exit-code.js';

/** Where `--summary-export` writes, and how. */
export interface SummaryExportWish {
  /** Undefined when nobody asked for it. */
  readonly path: string | undefined;
  readonly trendStats: string | undefined;
  /** What the script's `setup` returned, as JSON. */
  readonly setupData: string | undefined;
}

/** Writes k6's flat JSON of a run; gives what went wrong. */
export function exportSummary(run: Run, { path, ...options }: SummaryExportWish): WsgError | undefined {
  if (path === undefined) return undefined;
  try {
    writeFileSync(path, `${summaryExport(run, options)}\n`);
    return undefined;
  } catch (cause) {
    const sentence = `summary-export: ${path} cannot be written: ${errorMessage(cause)}`;
    return new WsgError('output.failed', sentence, { cause });
  }
}

type SummaryJsonOptions = NonNullable<Parameters<typeof summaryJson>[1]>;

/** A run whose script wants to summarise it itself. */
export interface ScriptSummary {
  readonly run: Run;
  readonly program: Script;
  readonly setupData: string | undefined;
  readonly summary: Pick<SummaryJsonOptions, 'trendStats' | 'timeUnit'>;
  readonly output: Output;
  readonly noColor: boolean;
  readonly tellError: (text: string) => void;
}

/**
 * Calls `handleSummary` and writes what it returns. False when it failed, which is told: the
 * default summary is then due.
 */
export async function writeScriptSummary(options: ScriptSummary): Promise<boolean> {
  const { program, output, tellError } = options;
  try {
    const files = await program.handleSummary(summaryOf(options));
    for (const [path, content] of files) {
      try {
        write(path, content, output);
      } catch (error) {
        tellError(`failed to handle the end-of-test summary: could not write '${path}': ${errorMessage(error)}`);
      }
    }
    return true;
  } catch (error) {
    tellError(errorMessage(error));
    return false;
  }
}

function summaryOf({ run, setupData, summary, output, noColor }: ScriptSummary): unknown {
  const { trendStats, timeUnit } = summary;
  const terminals = { isStdoutTerminal: output.stdout.isTerminal, isStderrTerminal: output.stderr.isTerminal };
  const { wsg: _own, ...summaryData } = summaryJson(run, { trendStats, timeUnit, colour: !noColor, ...terminals });
  return { ...summaryData, setup_data: setupData === undefined ? null : JSON.parse(setupData) };
}

function write(path: string, content: string | Uint8Array, { stdout, stderr }: Output): void {
  const sink = path === 'stdout' ? stdout : path === 'stderr' ? stderr : undefined;
  if (sink !== undefined) {
    sink.write(typeof content === 'string' ? content : Buffer.from(content).toString('utf8'));
    return;
  }
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

/** Prints a plan as JSON, and for people its schedule behind it. */
export function printPlan(plan: Plan, { output, json }: { readonly output: Output; readonly json: boolean }): void {
  output.stdout.write(`${JSON.stringify(plan, null, 2)}\n`);
  if (!json) output.stdout.write(`\n${renderSchedule(planSchedule(plan))}`);
}

/**
 * How the summary is to look, or `by-script` where `handleSummary` has taken its place: our own
 * sections follow then alone.
 */
export interface ResultLook extends Pick<SummaryOptions, 'trendStats' | 'timeUnit' | 'breakdown'> {
  readonly mode: SummaryOptions['mode'] | 'by-script';
}

/** How the results of a run are to be printed. */
export interface ResultOptions extends ResultLook {
  readonly output: Output;
  readonly json: boolean;
  readonly noColor: boolean;
  /** Runs between k6's summary and our own sections. */
  readonly afterSummary: () => void;
}

/**
 * Prints a run: k6's summary, then latency tables, the gateway's counters beside ours, and how the
 * generator did.
 */
export function printResults(run: Run, options: ResultOptions): void {
  const { stdout } = options.output;
  if (options.json) return printJson(run, options);
  if (options.mode === 'disabled') return printTrouble(run, options);
  const colour = stdout.useColor && !options.noColor;
  const section = { colour, columns: stdout.columns };
  const { mode } = options;
  if (mode !== 'by-script') stdout.write(renderSummary(run, { ...options, mode, colour }));
  options.afterSummary();
  const sections = [
    renderHdrTables(run, { ...section, timeUnit: options.timeUnit }),
    renderGateway(run, section),
    renderHealth(run, section),
    run.end.detail === undefined ? '' : `${run.end.detail}\n`,
  ];
  for (const text of sections) if (text !== '') stdout.write(`\n${text}`);
}

function printJson(run: Run, options: ResultOptions): void {
  const { stdout, stderr } = options.output;
  const { trendStats, timeUnit } = options;
  const terminals = { isStdoutTerminal: stdout.isTerminal, isStderrTerminal: stderr.isTerminal };
  stdout.write(`${JSON.stringify(summaryJson(run, { trendStats, timeUnit, ...terminals }))}\n`);
  printTrouble(run, options);
}

/** Where nobody reads our sections: what must not be overlooked, on standard error. */
function printTrouble(run: Run, { output: { stderr }, afterSummary }: ResultOptions): void {
  afterSummary();
  if (!['healthy', 'unjudged'].includes(run.end.health.verdict))
    stderr.write(`\n${renderHealth(run, { colour: false })}`);
  if (run.end.detail !== undefined) stderr.write(`${run.end.detail}\n`);
}

/** What k6 says of crossed thresholds behind the summary; undefined when none was. */
export function crossedThresholds({ thresholds, end }: Pick<Run, 'thresholds' | 'end'>): string | undefined {
  const crossed = thresholds.filter(({ ok, aborted }) => !ok || aborted).map(({ series }) => series);
  if (crossed.length === 0) return undefined;
  const metrics = `thresholds on metrics '${[...new Set(crossed)].toSorted().join(', ')}'`;
  if (end.reason !== 'thresholds-crossed') return `${metrics} have been crossed`;
  return `${metrics} were crossed; at least one has abortOnFail enabled, stopping test prematurely`;
}

/** Whether a script ran to its end without a complete iteration. */
export function hasNoIteration({ header, end }: Pick<Run, 'header' | 'end'>): boolean {
  return header.scriptHash !== undefined && end.reason === 'finished' && end.totals.iterations.complete === 0;
}

/** The exit code that a finished run deserves by itself. */
export function exitCodeOfRun(run: Run, allowSaturated: boolean): ExitCode {
  const isSaturated = run.end.health.verdict === 'saturated' && !allowSaturated;
  const isCrossed = run.thresholds.some(({ ok }) => !ok);
  return strongestExitCode([
    ofReason(run),
    isCrossed ? EXIT_CODE.thresholdsCrossed : EXIT_CODE.ok,
    isSaturated ? EXIT_CODE.invalidRun : EXIT_CODE.ok,
  ]);
}

function ofReason(run: Run): ExitCode {
  switch (run.end.reason) {
    case 'finished':
      return EXIT_CODE.ok;
    case 'stopped-by-signal':
      return EXIT_CODE.stoppedBySignal;
    case 'thresholds-crossed':
      return EXIT_CODE.thresholdsCrossed;
    case 'aborted-by-script':
      return EXIT_CODE.scriptAborted;
    case 'cut-by-signal':
      return EXIT_CODE.interruptedTwice;
    case 'failed':
      return EXIT_CODE.internal;
  }
}
