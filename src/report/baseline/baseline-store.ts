import { createHash, randomUUID } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { systemErrorCode, WsgError } from '../../core/error.js';
import { readRun } from '../../run-file/index.js';

/** Where baselines are kept unless told. */
export const BASELINE_FOLDER = '.wsg/baselines';
/** How many runs of a baseline are kept unless told. */
export const DEFAULT_KEEP = 10;

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

/**
 * Runs that later ones are compared with, by name. There is no index: each run is a file whose name begins with the moment at which it
 * started, written beside and renamed, so that several processes may save at once and a `kill -9` leaves nothing but a draft.
 */
export class BaselineStore {
  constructor(private readonly folder: string = BASELINE_FOLDER) {}

  /** Keeps a copy of a run and the newest `keep` runs of the baseline in all. Throws what `readRun` throws. */
  async save(
    path: string,
    name: string,
    keep: number,
  ): Promise<{ readonly path: string; readonly removed: readonly string[] }> {
    const folder = this.folderOf(name);
    const { header } = await readRun(path, { seconds: false });
    const hash = createHash('sha256')
      .update(await readFile(path))
      .digest('hex')
      .slice(0, 12);
    const target = join(folder, `${header.startedAt.replaceAll(/[:.]/g, '-')}-${hash}${ENDING}`);
    await mkdir(folder, { recursive: true });
    const draft = join(folder, `${randomUUID()}${DRAFT}`);
    await copyFile(path, draft);
    await rename(draft, target);
    return { path: target, removed: await this.prune(name, keep) };
  }

  /** All baselines by name. */
  async list(): Promise<readonly Baseline[]> {
    const entries = await readFolder(this.folder);
    const names = entries.filter((name) => NAME.test(name)).toSorted();
    const baselines = await Promise.all(names.map(async (name) => ({ name, runs: await this.runsOf(name) })));
    return baselines.filter(({ runs }) => runs.length > 0);
  }

  /** The runs of a baseline, the oldest first. Throws `usage` when there are none. */
  async find(name: string): Promise<readonly string[]> {
    const runs = await this.runsOf(name);
    if (runs.length > 0) return runs;
    const names = (await this.list()).map((baseline) => baseline.name);
    throw new WsgError('usage', `There is no baseline '${name}' in ${this.folder}.`, {
      hint: names.length === 0 ? `\`wsg report save RUN --as ${name}\` makes one.` : `There are ${names.join(', ')}.`,
    });
  }

  /** Removes all but the newest `keep` runs, and drafts that nobody will end; tells which. What another process removed meanwhile is no matter. */
  async prune(name: string, keep: number): Promise<readonly string[]> {
    const folder = this.folderOf(name);
    const runs = await this.runsOf(name);
    const old = runs.slice(0, Math.max(0, runs.length - keep));
    for (const path of old) await rm(path, { force: true });
    for (const entry of await readFolder(folder)) if (entry.endsWith(DRAFT)) await removeStale(join(folder, entry));
    return old;
  }

  private async runsOf(name: string): Promise<readonly string[]> {
    const folder = this.folderOf(name);
    const entries = await readFolder(folder);
    return entries
      .filter((entry) => entry.endsWith(ENDING))
      .toSorted()
      .map((entry) => join(folder, entry));
  }

  private folderOf(name: string): string {
    if (NAME.test(name)) return join(this.folder, name);
    throw new WsgError('usage', `'${name}' is no name of a baseline.`, {
      hint: 'Letters, digits, points, dashes and underscores, a letter or digit first: main, release-2.1.',
    });
  }
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
