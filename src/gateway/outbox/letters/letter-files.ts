import { randomBytes } from 'node:crypto';
import { open, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { systemErrorCode } from '../../../core/error.js';
import { largest } from '../../../core/largest.js';
import { regularFileAt, type RegularFile } from '../log/regular-file.js';

/** One file of a sink's dead letters. */
export interface LetterFile extends RegularFile {
  readonly path: string;
}

/** Number and size of dead letters. */
export interface LetterTotals {
  readonly letters: number;
  readonly bytes: number;
}

/** `<sink>.jsonl`, which grows, or `<sink>.<time>-<random>.jsonl`, which was put aside. */
const NAME = /^([a-z]+)(?:\.(\d{15}-[0-9a-f]{8}))?\.jsonl$/;
const NEW_LINE = 0x0a;

/** Path of the file to which a gateway appends refused events. */
export function growingPath(dir: string, sink: string): string {
  return join(dir, `${sink}.jsonl`);
}

/** A sink's files, the oldest first; the one that grows is the last. */
export async function letterFiles(dir: string, sink: string): Promise<LetterFile[]> {
  const names = (await readNames(dir)).filter((name) => NAME.exec(name)?.[1] === sink);
  const ordered = names.toSorted((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
  const files = await Promise.all(ordered.map((name) => fileAt(join(dir, name))));
  return files.filter((file) => file !== undefined);
}

/** The sinks that have files in a folder, in order; none when the folder does not exist. */
export async function sinksWithLetters(dir: string): Promise<string[]> {
  const sinks = (await readNames(dir)).flatMap((name) => NAME.exec(name)?.[1] ?? []);
  return [...new Set(sinks)].toSorted();
}

/**
 * Renames the growing file to a name that no other process uses; later letters begin a new file. An
 * append under way is repeated there (`DeadLetters`). Does nothing without a growing file.
 */
export async function putAside(dir: string, sink: string, nowMs: number): Promise<void> {
  const times = (await readNames(dir)).map((name) => (NAME.exec(name)?.[1] === sink ? timeOf(name) : 0));
  // After all other files, even within one millisecond or when the clock was set back.
  const atMs = Math.max(Math.floor(nowMs), 1 + largest(times));
  const name = `${sink}.${String(atMs).padStart(15, '0')}-${randomBytes(4).toString('hex')}.jsonl`;
  try {
    await rename(growingPath(dir, sink), join(dir, name));
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
  }
}

/** Undefined for a missing file. Rejects with `outbox.unusable` when it is not a regular file. */
export async function fileAt(path: string): Promise<LetterFile | undefined> {
  const found = await regularFileAt(path);
  return found === undefined ? undefined : { path, ...found };
}

/** Number of lines that end within a part of a file. */
export async function countLines(path: string, from: number, end: number): Promise<number> {
  const file = await open(path, 'r');
  try {
    let lines = 0;
    const buffer = Buffer.allocUnsafe(256 * 1024);
    for (let at = from; at < end;) {
      const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, end - at), at);
      if (bytesRead === 0) break;
      for (
        let next = buffer.indexOf(NEW_LINE);
        next !== -1 && next < bytesRead;
        next = buffer.indexOf(NEW_LINE, next + 1)
      ) {
        lines++;
      }
      at += bytesRead;
    }
    return lines;
  } finally {
    await file.close();
  }
}

function timeOf(name: string): number {
  return Number.parseInt(NAME.exec(name)?.[2] ?? '0', 10);
}

/** Sort key of a file name: the growing file comes last. */
function orderOf(name: string): string {
  return NAME.exec(name)?.[2] ?? '~';
}

async function readNames(dir: string): Promise<string[]> {
  try {
    return await readdir(dir);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw error;
  }
}
