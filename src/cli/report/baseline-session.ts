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

/** Flags of the commands that manage baselines. */
export const baselineFlags = {
  dir: Flags.string({ helpValue: 'FOLDER', default: BASELINE_FOLDER, description: 'Folder of the baselines.' }),
  json: Flags.boolean({ description: 'Print one JSON object.' }),
} as const;

/** How many of the newest runs are kept. */
export const keepFlag = Flags.integer({
  helpValue: 'N',
  min: 1,
  default: DEFAULT_KEEP,
  description: 'Keep the newest N runs in addition to the anchor.',
});

/** How many of the first runs are always kept. */
export const anchorFlag = Flags.integer({
  helpValue: 'N',
  min: 0,
  default: DEFAULT_ANCHOR,
  description: 'Keep the first N runs as the anchor, which reveals gradual changes.',
});

interface BaselineInvocation {
  readonly dir: string;
  readonly json: boolean;
  readonly output: Output;
}

/** Saves a run as a baseline. */
export async function saveBaseline(
  run: string,
  { as, ...options }: SaveOptions & { readonly as: string },
  { dir, json, output }: BaselineInvocation,
): Promise<void> {
  const saved = await new BaselineStore(dir).save(run, as, options);
  const removed = saved.removed.length === 0 ? '' : `; ${saved.removed.length} older runs removed`;
  output.stdout.write(json ? `${JSON.stringify(saved)}\n` : `${run} saved as ${saved.path}${removed}\n`);
}

/** Lists the baselines. */
export async function listBaselines({ dir, json, output }: BaselineInvocation): Promise<void> {
  const baselines = await new BaselineStore(dir).list();
  if (json) output.stdout.write(`${JSON.stringify({ baselines })}\n`);
  else if (baselines.length === 0)
    output.stdout.write(`no baselines in ${dir}; create one with \`wsg report save RUN --as main\`\n`);
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

/** Returns the only argument; throws `usage` for none or several. */
export function onlyArgument(args: readonly string[], what: string): string {
  const [first, ...more] = args;
  if (first !== undefined && more.length === 0) return first;
  throw new WsgError(
    'usage',
    first === undefined
      ? `Missing argument: a ${what}.`
      : `Expected one ${what} (got ${args.length}: ${args.join(', ')}).`,
  );
}
