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

/** The file of `--summary-export`, and its content. */
export interface SummaryFile {
  /** Undefined unless asked for. */
  readonly path: string | undefined;
  readonly trendStats: string | undefined;
  /** The return value of the script's `setup`, as JSON. */
  readonly setupData: string | undefined;
}

/** Writes k6's flat JSON of a run; returns the error when that fails. */
export function exportSummary(run: Run, { path, ...options }: SummaryFile): WsgError | undefined {
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

/** A run whose script exports `handleSummary`. */
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
 * Calls `handleSummary` and writes what it returns. Resolves with false when it failed: the error
 * is reported, and the default summary follows.
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

/** Prints a plan as JSON and, unless `json`, its schedule as a chart. */
export function printPlan(plan: Plan, { output, json }: { readonly output: Output; readonly json: boolean }): void {
  output.stdout.write(`${JSON.stringify(plan, null, 2)}\n`);
  if (!json) output.stdout.write(`\n${renderSchedule(planSchedule(plan))}`);
}

/**
 * Format of the summary; `by-script` when `handleSummary` has replaced it and only wsg's own
 * sections follow.
 */
export interface ResultFormat extends Pick<SummaryOptions, 'trendStats' | 'timeUnit' | 'breakdown'> {
  readonly mode: SummaryOptions['mode'] | 'by-script';
}

/** Format and destinations of the results of a run. */
export interface ResultOptions extends ResultFormat {
  readonly output: Output;
  readonly json: boolean;
  readonly noColor: boolean;
  /** Called between k6's summary and wsg's own sections. */
  readonly afterSummary: () => void;
}

/**
 * Prints a run: k6's summary, then latency tables, the counters of gateway and generator, and the
 * generator's health.
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

/**
 * Prints poor health and the end's reason to standard error, where the sections are not printed.
 */
function printTrouble(run: Run, { output: { stderr }, afterSummary }: ResultOptions): void {
  afterSummary();
  if (!['healthy', 'unjudged'].includes(run.end.health.verdict))
    stderr.write(`\n${renderHealth(run, { colour: false })}`);
  if (run.end.detail !== undefined) stderr.write(`${run.end.detail}\n`);
}

/** k6's sentence about crossed thresholds; undefined when none was crossed. */
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
