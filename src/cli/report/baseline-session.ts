import * as Flags from '@oclif/core/flags';
import { basename } from 'node:path';
import { WsgError } from '../../core/error.js';
import {
  BASELINE_FOLDER,
  BaselineStore,
  DEFAULT_ANCHOR,
  DEFAULT_KEEP,
  labelsText,
  type Baseline,
  type Kept,
  type SaveOptions,
} from '../../report/index.js';
import { readHeader } from '../../run-file/index.js';
import type { Output } from '../output.js';

/** Flags of the commands that look after baselines. */
export const baselineFlags = {
  dir: Flags.string({ helpValue: 'FOLDER', default: BASELINE_FOLDER, description: 'Where baselines are kept.' }),
  json: Flags.boolean({ description: 'Print one JSON object.' }),
} as const;

/** How many runs are kept. */
export const keepFlag = Flags.integer({
  helpValue: 'N',
  min: 1,
  default: DEFAULT_KEEP,
  description: 'Keep the newest N runs, beside the anchor.',
});

/** How many of the first runs are kept whatever becomes of the others. */
export const anchorFlag = Flags.integer({
  helpValue: 'N',
  min: 0,
  default: DEFAULT_ANCHOR,
  description: 'Keep the first N runs as well: the anchor, against which a creeping change shows.',
});

interface BaselineInvocation {
  readonly dir: string;
  readonly json: boolean;
  readonly output: Output;
}

/** Keeps a run as a baseline. */
export async function saveBaseline(
  run: string,
  { as, ...options }: SaveOptions & { readonly as: string },
  { dir, json, output }: BaselineInvocation,
): Promise<void> {
  const saved = await new BaselineStore(dir).save(run, as, options);
  const removed = saved.removed.length === 0 ? '' : `; ${saved.removed.length} older removed`;
  output.stdout.write(json ? `${JSON.stringify(saved)}\n` : `${run} is kept as ${saved.path}${removed}\n`);
}

/** Prints which baselines there are. */
export async function listBaselines({ dir, json, output }: BaselineInvocation): Promise<void> {
  const baselines = await new BaselineStore(dir).list();
  if (json) output.stdout.write(`${JSON.stringify({ baselines })}\n`);
  else if (baselines.length === 0)
    output.stdout.write(`there are no baselines in ${dir}; \`wsg report save RUN --as main\` makes one\n`);
  else output.stdout.write(baselines.map(baselineLine).join(''));
}

function baselineLine({ name, runs }: Baseline): string {
  const newest = basename(runs.at(-1) ?? '');
  return `${name}  ${runs.length} run${runs.length === 1 ? '' : 's'}, the newest ${newest}\n`;
}

/** Prints the runs of a baseline, with their labels. */
export async function showBaseline(name: string, { dir, json, output }: BaselineInvocation): Promise<void> {
  const runs = await new BaselineStore(dir).find(name);
  if (json) {
    output.stdout.write(`${JSON.stringify({ name, runs })}\n`);
    return;
  }
  for (const path of runs) output.stdout.write(`${path}${await labelsOf(path)}\n`);
}

async function labelsOf(path: string): Promise<string> {
  try {
    const text = labelsText((await readHeader(path)).labels ?? {});
    return text === '' ? '' : `  ${text}`;
  } catch (error) {
    if (error instanceof WsgError) return '  (cannot be read)';
    throw error;
  }
}

/** Removes old runs of one baseline, or of all. */
export async function pruneBaselines(
  name: string | undefined,
  kept: Kept,
  { dir, json, output }: BaselineInvocation,
): Promise<void> {
  const store = new BaselineStore(dir);
  if (name !== undefined) await store.find(name);
  const names = name === undefined ? (await store.list()).map((baseline) => baseline.name) : [name];
  const removed: string[] = [];
  for (const each of names) removed.push(...(await store.prune(each, kept)));
  output.stdout.write(json ? `${JSON.stringify({ removed })}\n` : removed.map((path) => `removed ${path}\n`).join(''));
}

/** One argument, and no more. */
export function onlyArgument(args: readonly string[], what: string): string {
  const [first, ...more] = args;
  if (first !== undefined && more.length === 0) return first;
  throw new WsgError(
    'usage',
    first === undefined ? `Which ${what}?` : `One ${what} at a time: ${args.join(', ')} are ${args.length}.`,
  );
}
