import { writeFile } from 'node:fs/promises';
import { errorMessage, systemErrorCode, WsgError } from '../../core/error.js';

/** A disk without room is nothing that was typed wrongly. */
const OF_DISK: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EIO: 'the disk has a fault',
};

/**
 * Writes what `--output` names. Throws `output.failed` when the disk has no room, and `usage` when
 * the path cannot be written.
 */
export async function saveText(path: string, text: string | Iterable<string>): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (cause) {
    const reason = OF_DISK[systemErrorCode(cause) ?? ''];
    throw new WsgError(
      reason === undefined ? 'usage' : 'output.failed',
      `${path} of --output cannot be written: ${reason ?? errorMessage(cause)}.`,
      { cause },
    );
  }
}
