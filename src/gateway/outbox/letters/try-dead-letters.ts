import { dirname, join } from 'node:path';
import { errorMessage, WsgError, systemErrorCode } from '../../../core/error.js';
import type { OutboxConfig } from '../../config/sink-config.js';
import type { SinksConfig } from '../../sinks/sink-definition.js';
import { letterFiles, sinksWithLetters } from './letter-files.js';
import { unusableFolder } from '../log/folder-lock.js';
import { mkdtemp, rmdir, stat } from 'node:fs/promises';

/** The embedded sink refuses nothing, so no dead letter is ever written for it. */
export function mayRefuse({ on }: SinksConfig): boolean {
  return on.some((sink) => sink.mayRefuse);
}

/**
 * Rejects with `outbox.unusable` when dead letters could not be written, or when one of their files
 * is not a regular file: told at the start, not with the first refusal.
 */
export async function tryDeadLetters(sinks: SinksConfig, { dir, deadLetterDir }: OutboxConfig): Promise<void> {
  if (!mayRefuse(sinks)) return;
  try {
    await tryFolder(deadLetterDir);
    for (const sink of await sinksWithLetters(deadLetterDir)) await letterFiles(deadLetterDir, sink);
  } catch (error) {
    if (error instanceof WsgError) throw error;
    // Nobody has named this folder: the one that was named is at fault.
    if (dir !== undefined && dir === dirname(deadLetterDir)) throw unusableFolder(dir, error);
    const message = `The folder for dead letters, ${deadLetterDir}, cannot be written: ${errorMessage(error)}.`;
    throw new WsgError('outbox.unusable', message, {
      hint: 'Set outbox.dead_letter_dir to a folder that the gateway may write.',
      cause: error,
    });
  }
}

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
