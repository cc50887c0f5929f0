import { createHash, randomUUID } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errorMessage, systemErrorCode, WsgError } from '../../core/error.js';
import { readRun } from '../../run-file/index.js';
import type { Run } from '../../run-file/records.js';
import { failuresOf } from '../compare/failure-rate.js';

/** Default folder of baselines. */
export const BASELINE_FOLDER = '.wsg/baselines';
/** Default number of runs that a baseline keeps. */
export const DEFAULT_KEEP = 50;

const NAME = /^[A-Za-z0-9][\w.-]{0,99}$/;
const ENDING = '.run';
const DRAFT = '.draft';
/** An older draft was left behind by a process that died. */
const STALE_DRAFT_MS = 60 * 60 * 1000;

/** A baseline: runs of one kind, the oldest first. */
export interface Baseline {
  readonly name: string;
  readonly runs: readonly string[];
}

/** Number of runs that a baseline keeps: the first ones, and the newest ones. */
export interface Kept {
  readonly keep: number;
  readonly anchor: number;
}

/** Options for saving a run. */
export interface SaveOptions extends Kept {
  /**
   * Whether to save even a run that was truncated, stopped or failed, or whose generator was the
   * bottleneck.
   */
  readonly isForced: boolean;
  /**
   * Whether the run begins a new level: earlier runs are removed, so that it is the first of the
   * anchor.
   */
  readonly beginsAnew: boolean;
}

interface SavedRun {
  readonly path: string;
  readonly removed: readonly string[];
}

/**
 * Stores runs by name that later ones are compared with. There is no index: each run is a file
 * whose name begins with its start time. It is written as a draft and renamed, so that several
 * processes may save at once, and a `kill -9` leaves only a draft behind.
 */
export class BaselineStore {
  readonly #folder: string;

  constructor(folder: string = BASELINE_FOLDER) {
    this.#folder = folder;
  }

  /**
   * Saves a copy of a run. Throws the errors of `readRun`, `baseline.unfit` for a run that does not
   * represent the build, and `baseline.write-failed`.
   */
  async save(path: string, name: string, options: SaveOptions): Promise<SavedRun> {
    const folder = this.#folderOf(name);
    const run = await readRun(path, { seconds: false });
    if (!options.isForced) refuseUnfit(path, run);
    const hash = createHash('sha256')
      .update(await readFile(path))
      .digest('hex')
      .slice(0, 12);
    const target = join(folder, `${run.header.startedAt.replaceAll(/[:.]/g, '-')}-${hash}${ENDING}`);
    await copyInto(folder, path, target);
    const before = options.beginsAnew ? (await this.#runsOf(name)).filter((other) => other < target) : [];
    for (const other of before) await rm(other, { force: true });
    return { path: target, removed: [...before, ...(await this.prune(name, options))] };
  }

  /** All baselines, sorted by name. */
  async list(): Promise<readonly Baseline[]> {
    const entries = await readFolder(this.#folder);
    const names = entries.filter((name) => NAME.test(name)).toSorted();
    const baselines = await Promise.all(names.map(async (name) => ({ name, runs: await this.#runsOf(name) })));
    return baselines.filter(({ runs }) => runs.length > 0);
  }

  /** The runs of a baseline, the oldest first. Throws `usage` when there are none. */
  async find(name: string): Promise<readonly string[]> {
    const runs = await this.#runsOf(name);
    if (runs.length > 0) return runs;
    const names = (await this.list()).map((baseline) => baseline.name);
    throw new WsgError('usage', `Unknown baseline '${name}' in ${this.#folder}.`, {
      hint:
        names.length === 0
          ? `Create it with \`wsg report save RUN --as ${name}\`.`
          : `Known baselines: ${names.join(', ')}.`,
    });
  }

  /**
   * Removes all runs except for the first ones, which are the anchor, and the newest ones. Removes
   * abandoned drafts as well. Returns the removed runs; files that another process removed
   * meanwhile are ignored.
   */
  async prune(name: string, { keep, anchor }: Kept): Promise<readonly string[]> {
    const folder = this.#folderOf(name);
    const runs = await this.#runsOf(name);
    const old = runs.slice(anchor, Math.max(anchor, runs.length - keep));
    for (const path of old) await rm(path, { force: true });
    for (const entry of await readFolder(folder)) if (entry.endsWith(DRAFT)) await removeStale(join(folder, entry));
    return old;
  }

  async #runsOf(name: string): Promise<readonly string[]> {
    const folder = this.#folderOf(name);
    const entries = await readFolder(folder);
    return entries
      .filter((entry) => entry.endsWith(ENDING))
      .toSorted()
      .map((entry) => join(folder, entry));
  }

  #folderOf(name: string): string {
    if (NAME.test(name)) return join(this.#folder, name);
    throw new WsgError('usage', `'${name}' is not a valid name of a baseline.`, {
      hint: 'Use letters, digits, dots, dashes and underscores, beginning with a letter or digit: main, release-2.1.',
    });
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a part of the path is a file',
  EEXIST: 'it is a file',
};

/** Copies a file so that the target is either complete or missing, even after a crash. */
async function copyInto(folder: string, path: string, target: string): Promise<void> {
  const draft = join(folder, `${randomUUID()}${DRAFT}`);
  try {
    await mkdir(folder, { recursive: true });
    await copyFile(path, draft);
    await rename(draft, target);
  } catch (cause) {
    await rm(draft, { force: true }).catch(() => undefined);
    const reason = REASONS[systemErrorCode(cause) ?? ''] ?? errorMessage(cause);
    throw new WsgError('baseline.write-failed', `The baseline folder ${folder} cannot be written: ${reason}.`, {
      cause,
      hint: 'Name another one with --dir, or keep fewer runs: `wsg report prune --keep N`.',
    });
  }
}

/**
 * Refuses a run that ended early, or that measured its own generator: later runs would look better
 * or worse than they are.
 */
function refuseUnfit(path: string, run: Run): void {
  const { end, complete, thresholds } = run;
  const problems = [
    ...(complete ? [] : ['its file is truncated: it has no end']),
    ...(complete && end.reason !== 'finished' ? [`it did not finish: ${end.detail ?? end.reason}`] : []),
    ...(end.health.verdict === 'saturated' ? ['its generator was the bottleneck'] : []),
    ...(end.invalid ?? []),
    ...failuresOf(run),
    ...thresholds
      .filter(({ ok }) => !ok)
      .map(({ series, expression }) => `it crossed the threshold ${series} ${expression}`),
  ];
  if (problems.length === 0) return;
  throw new WsgError('baseline.unfit', `${path} cannot be used as a baseline.`, {
    problems,
    hint: 'Run the load test again, or save the run anyway with --force.',
  });
}

async function readFolder(path: string): Promise<readonly string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT' || systemErrorCode(error) === 'ENOTDIR') return [];
    throw error;
  }
}

async function removeStale(path: string): Promise<void> {
  try {
    const { mtimeMs } = await stat(path);
    if (Date.now() - mtimeMs > STALE_DRAFT_MS) await rm(path, { force: true });
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
  }
}
