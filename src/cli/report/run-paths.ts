import { join } from 'node:path';
import { existsSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { WsgError } from '../../core/error.js';
import { BaselineStore } from '../../report/index.js';

/**
 * Default path of a run, by the UTC time of its start: `runs/2024-04-09T00-14-31Z-snapshot.run`.
 */
export function defaultRunPath(startedAt: Date, scenario: string): string {
  const time = startedAt
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(':', '-');
  return join('runs', `${time}-${scenario}.run`);
}

/**
 * Expands arguments to run files: a file, a folder of runs, a pattern, or the name of a saved
 * baseline. Throws `usage` if there is none.
 */
export async function expandRuns(texts: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(texts.map(expandOne));
  return found.flat();
}

async function expandOne(text: string): Promise<readonly string[]> {
  if (/[*?[{]/.test(text)) {
    const { glob } = await import('tinyglobby');
    const paths = await glob(text, { absolute: false, dot: true });
    if (paths.length > 0) return paths.toSorted();
    throw new WsgError('usage', `No file matches the pattern ${text}.`);
  }
  return existsSync(text) && statSync(text).isDirectory() ? runsOfFolder(text) : runsOfName(text);
}

/** A baseline is often named like a folder without runs, since both are named after a branch. */
async function runsOfFolder(folder: string): Promise<readonly string[]> {
  const runs = await runsIn(folder);
  if (runs.length > 0) return runs;
  if (isName(folder)) return new BaselineStore().find(folder);
  throw new WsgError('usage', `The folder ${folder} has no run (*.run).`);
}

async function runsOfName(text: string): Promise<readonly string[]> {
  return existsSync(text) || !isName(text) ? [text] : new BaselineStore().find(text);
}

function isName(text: string): boolean {
  return !/[/\\]|\.run$|^\.+$/.test(text);
}

async function runsIn(folder: string): Promise<readonly string[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.run'));
  return names.toSorted().map((name) => join(folder, name));
}
