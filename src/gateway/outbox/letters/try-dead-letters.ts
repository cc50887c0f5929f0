import { dirname, join } from 'node:path';
import { errorMessage, WsgError, systemErrorCode } from '../../../core/error.js';
import type { OutboxConfig } from '../../config/outbox-config.js';
import type { SinksConfig } from '../../sinks/sink-definition.js';
import { letterFiles, sinksWithLetters } from './letter-files.js';
import { unusableFolder } from '../log/folder-lock.js';
import { mkdtemp, rmdir, stat } from 'node:fs/promises';

/** True when a sink may refuse events for good, so that dead letters may be written. */
export function mayRefuse({ on }: SinksConfig): boolean {
  return on.some((sink) => sink.mayRefuse);
}

/**
 * Checks at the start whether dead letters can be written. Rejects with `outbox.unusable` when they
 * cannot, or when one of their files is not a regular file.
 */
export async function tryDeadLetters(sinks: SinksConfig, { dir, deadLetterDir }: OutboxConfig): Promise<void> {
  if (!mayRefuse(sinks)) return;
  try {
    await tryFolder(deadLetterDir);
    for (const sink of await sinksWithLetters(deadLetterDir)) await letterFiles(deadLetterDir, sink);
  } catch (error) {
    if (error instanceof WsgError) throw error;
    // The configuration names only the folder above: the error names that one.
    if (dir !== undefined && dir === dirname(deadLetterDir)) throw unusableFolder(dir, error);
    const message = `The folder for dead letters, ${deadLetterDir}, cannot be written to: ${errorMessage(error)}.`;
    throw new WsgError('outbox.unusable', message, {
      hint: 'Set outbox.dead_letter_dir to a folder in which the gateway may create files.',
      cause: error,
    });
  }
}

/**
 * Creates a folder in `folder`, or in the nearest existing one above it, and removes it:
 * permissions alone do not show whether a file system can be written to. Resolves to the folder
 * that was tried; rejects when nothing can be created there.
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
