import { open, type FileHandle } from 'node:fs/promises';
import { errorMessage, systemErrorCode, WsgError } from '../core/error.js';
import type { FilePlace } from './line-scanner.js';
import { CHECKED_SINCE, MAGIC, RUN_FORMAT } from './record-line.js';

const LONGEST_MAGIC_BYTES = 64;

/** Opens a run file for reading. Throws `run-file.not-found`. */
export async function openRun(path: string): Promise<FileHandle> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (error) {
    throw notFound(path, reasonOf(error), error);
  }
  const stat = await file.stat();
  if (stat.isFile()) return file;
  await file.close();
  throw notFound(path, stat.isDirectory() ? 'it is a folder' : 'it is not a regular file', undefined);
}

function reasonOf(error: unknown): string {
  const code = systemErrorCode(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'the file does not exist';
  return code === 'EACCES' || code === 'EPERM' ? 'permission denied' : errorMessage(error);
}

function notFound(path: string, reason: string, cause: unknown): WsgError {
  return new WsgError('run-file.not-found', `The run file ${path} cannot be read: ${reason}.`, { cause });
}

/**
 * Checks the first line, and returns the position and the framing of the records after it. Throws
 * `run-file.foreign` or `run-file.newer`.
 */
export async function checkMagic(file: FileHandle, path: string): Promise<FilePlace> {
  const { size } = await file.stat();
  const { buffer, bytesRead } = await file.read(Buffer.alloc(LONGEST_MAGIC_BYTES), 0, LONGEST_MAGIC_BYTES, 0);
  const bytes = buffer.subarray(0, bytesRead);
  const match = new RegExp(`^${MAGIC} (\\d{1,6})\\.(\\d{1,6})\n`).exec(bytes.toString('latin1'));
  if (match === null) throw foreign(path, bytes);
  if (Number(match[1]) > RUN_FORMAT.major) {
    const version = `${match[1]}.${match[2]}`;
    throw new WsgError(
      'run-file.newer',
      `The run file ${path} has format ${version}; this wsg reads up to ${RUN_FORMAT.major}.x.`,
      { hint: 'Use the version of wsg that wrote it, or a newer one.' },
    );
  }
  const isChecked = Number(match[1]) >= CHECKED_SINCE;
  return { fd: file.fd, size, start: match[0].length, isChecked };
}

function foreign(path: string, bytes: Buffer): WsgError {
  if (bytes.length === 0)
    return new WsgError('run-file.foreign', `The file ${path} is empty, so it is not a run file.`);
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  if (isGzip) {
    return new WsgError('run-file.foreign', `The file ${path} is compressed with gzip.`, {
      hint: `Decompress it first: gunzip -k ${path}`,
    });
  }
  if (/^wsg-run \d+\.\d+\r\n/.test(bytes.toString('latin1'))) {
    return new WsgError(
      'run-file.foreign',
      `The lines of ${path} end with CRLF: the file was converted, which damaged its records.`,
      {
        hint: 'Copy it again as a binary file; with git, put `*.run -text` into .gitattributes.',
      },
    );
  }
  return new WsgError('run-file.foreign', `The file ${path} is not a run file: it does not begin with "${MAGIC}".`, {
    hint: 'Run files are written by wsg loadtest; --run sets their path.',
  });
}
