import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorMessage } from '../core/error.js';
import type { ScriptProgram } from '../loadgen/index.js';
import type { Run } from '../run-file/records.js';
import { summaryJson } from '../summary/index.js';

type SummaryJsonOptions = NonNullable<Parameters<typeof summaryJson>[1]>;
import type { Output } from './output.js';

/** A run whose script wants to summarise it itself. */
export interface ScriptSummary {
  readonly run: Run;
  readonly program: ScriptProgram;
  readonly setupData: string | undefined;
  readonly summary: Pick<SummaryJsonOptions, 'trendStats' | 'timeUnit'>;
  readonly output: Output;
  readonly noColor: boolean;
  readonly tellError: (text: string) => void;
}

/** Calls `handleSummary` and writes what it returns. False when it failed, which is told: the default summary is then due. */
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
