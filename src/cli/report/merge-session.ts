import { existsSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WsgError } from '../../core/error.js';
import { prepareMerge } from '../../report/merge/merge-runs.js';
import { renderReport } from '../../report/render/render-run.js';
import { readOutline, RunFileWriter } from '../../run-file/index.js';
import type { ExitCode } from '../exit-code.js';
import { ShareProgress } from '../live-progress.js';
import type { Output } from '../output.js';
import { exitCodeOfRun } from '../run-exit-code.js';
import { expandRuns } from './run-paths.js';

/** `wsg report merge` as requested on the command line. */
export interface MergeInvocation {
  /** Run files, folders of them, and patterns. */
  readonly runs: readonly string[];
  readonly flags: {
    readonly output: string | undefined;
    readonly json: boolean;
    readonly 'allow-missing': boolean;
    readonly 'allow-saturated': boolean;
  };
  readonly output: Output;
}

/**
 * Merges the runs of the parts of a plan, prints the report of the result, and returns the exit code
 * that a run of the whole plan would have had.
 */
export async function runMerge({ runs, flags, output }: MergeInvocation): Promise<ExitCode> {
  if (flags.output === undefined) {
    throw new WsgError('usage', 'Missing flag --output: the file of the merged run.', {
      hint: '`wsg report merge shards/*.run --output merged.run`',
    });
  }
  const { output: path } = flags;
  refuseExisting(path);
  await mergeTo(path, runs, { allowsMissing: flags['allow-missing'], output });
  const { stdout } = output;
  const format = flags.json ? 'json' : 'text';
  stdout.write(await renderReport(path, { format, colour: stdout.useColor, columns: stdout.columns }));
  if (!flags.json) stdout.write(`\nrun file: ${path} (\`wsg report ${path}\` prints it again)\n`);
  return exitCodeOfRun(await readOutline(path), flags['allow-saturated']);
}

/** Whether an argument of `wsg report` is a folder, whose runs are the parts of one plan. */
export function isFolder(text: string): boolean {
  return existsSync(text) && statSync(text).isDirectory();
}

/**
 * Merges the runs of a folder for the duration of a task, which gets the path of the merged run. A
 * folder of one run is not merged.
 */
export async function withMergedFolder(
  folder: string,
  output: Output,
  task: (path: string) => Promise<void>,
): Promise<void> {
  const [only, ...others] = await expandRuns([folder]);
  if (only !== undefined && others.length === 0) return task(only);
  const scratch = await mkdtemp(join(tmpdir(), 'wsg-merge-'));
  try {
    const path = join(scratch, 'merged.run');
    await mergeTo(path, [folder], { allowsMissing: false, output });
    await task(path);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Leaves no file behind if merging fails. */
async function mergeTo(
  path: string,
  runs: readonly string[],
  { allowsMissing, output }: { readonly allowsMissing: boolean; readonly output: Output },
): Promise<void> {
  const progress = new ShareProgress(output.stderr, 'merging');
  const merge = await prepareMerge(await expandRuns(runs), {
    allowsMissing,
    progressed: (share) => progress.show(share),
  });
  const writer = await RunFileWriter.create(path);
  try {
    await merge.write(writer);
    await writer.close();
  } catch (error) {
    await writer.close().catch(() => undefined);
    await rm(path, { force: true });
    throw error;
  } finally {
    progress.end();
  }
}

function refuseExisting(path: string): void {
  if (!existsSync(path)) return;
  throw new WsgError('usage', `--output ${path}: it exists, and a run is never overwritten.`, {
    hint: 'Choose another name, or remove the file first.',
  });
}
