import { createHash, randomUUID } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errorMessage, systemErrorCode, WsgError } from '../../core/error.js';
import { readRun } from '../../run-file/index.js';
import type { Run } from '../../run-file/records.js';
import { failuresOf } from '../compare/failure-rate.js';

/** Where baselines are kept unless told. */
export const BASELINE_FOLDER = '.wsg/baselines';
/** How many runs of a baseline are kept unless told. */
export const DEFAULT_KEEP = 50;

const NAME = /^[A-Za-z0-9][\w.-]{0,99}$/;
const ENDING = '.run';
const DRAFT = '.draft';
/** A draft that is older was left by a process that died. */
const STALE_DRAFT_MS = 60 * 60 * 1000;

/** A baseline: runs of one kind, the oldest first. */
export interface Baseline {
  readonly name: string;
  readonly runs: readonly string[];
}

/** Which runs of a baseline stay: the first ones, and the newest ones. */
export interface Kept {
  readonly keep: number;
  readonly anchor: number;
}

/** How a run is kept. */
export interface SaveOptions extends Kept {
  /** Also one that was cut, stopped, failed, or whose generator was the bottleneck. */
  readonly isForced: boolean;
  /**
   * The run begins a new level: those before it are removed, so that it is the first of the anchor.
   */
  readonly beginsAnew: boolean;
}

interface SavedRun {
  readonly path: string;
  readonly removed: readonly string[];
}

/**
 * Runs that later ones are compared with, by name. There is no index: each run is a file whose name
 * begins with the moment at which it started, written beside and renamed, so that several processes
 * may save at once and a `kill -9` leaves nothing but a draft.
 */
export class BaselineStore {
  readonly #folder: string;

  constructor(folder: string = BASELINE_FOLDER) {
    this.#folder = folder;
  }

  /**
   * Keeps a copy of a run. Throws what `readRun` throws, `baseline.unfit` for a run that says
   * nothing of the build, and `baseline.write-failed`.
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

  /** All baselines by name. */
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
    throw new WsgError('usage', `There is no baseline '${name}' in ${this.#folder}.`, {
      hint: names.length === 0 ? `\`wsg report save RUN --as ${name}\` makes one.` : `There are ${names.join(', ')}.`,
    });
  }

  /**
   * Removes all but the first runs, which are the anchor, and the newest ones, and drafts that
   * nobody will end; tells which. What another process removed meanwhile is no matter.
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
    throw new WsgError('usage', `'${name}' cannot be the name of a baseline.`, {
      hint: 'Letters, digits, points, dashes and underscores, a letter or digit first: main, release-2.1.',
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

/** A copy that is whole or not there, whatever happens meanwhile. */
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
 * A run that ended before its time, or measured its own generator, would make every later one look
 * better or worse than it is.
 */
function refuseUnfit(path: string, run: Run): void {
  const { end, complete, thresholds } = run;
  const problems = [
    ...(complete ? [] : ['its file is cut: it has no end']),
    ...(complete && end.reason !== 'finished' ? [`it did not finish: ${end.detail ?? end.reason}`] : []),
    ...(end.health.verdict === 'saturated' ? ['its generator was the bottleneck'] : []),
    ...failuresOf(run),
    ...thresholds
      .filter(({ ok }) => !ok)
      .map(({ series, expression }) => `it crossed the threshold ${series} ${expression}`),
  ];
  if (problems.length === 0) return;
  throw new WsgError('baseline.unfit', `${path} is not kept as a baseline.`, {
    problems,
    hint: 'Run the load test again, or keep it with --force.',
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
