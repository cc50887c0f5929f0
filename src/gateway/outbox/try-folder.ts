import { mkdtemp, rmdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemErrorCode } from '../../core/error.js';

/**
 * Makes a folder in `folder`, or in the nearest one above it that there is, and removes it: rights
 * alone do not tell whether a file system takes anything. Resolves to the folder that was tried;
 * rejects when nothing can be made there.
 */
export async function tryFolder(folder: string): Promise<string> {
  const existing = await nearestExisting(folder);
  if (!(await stat(existing)).isDirectory()) throw new Error(`${existing} is not a folder`);
  await rmdir(await mkdtemp(join(existing, '.wsg-tried-')));
  return existing;
}

async function nearestExisting(folder: string): Promise<string> {
  try {
    await stat(folder);
    return folder;
  } catch (error) {
    const isMissing = systemErrorCode(error) === 'ENOENT' && dirname(folder) !== folder;
    return isMissing ? nearestExisting(dirname(folder)) : folder;
  }
}
