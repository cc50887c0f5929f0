import type { FileHandle } from 'node:fs/promises';

const WINDOW_BYTES = 256 * 1024;
const NEW_LINE = 0x0a;

/** A line of a file. */
export interface ReadLine {
  /** Content without the line break. */
  readonly bytes: Buffer;
  /** Offset of the next line. */
  readonly end: number;
  /** True when a line break follows. */
  readonly isTerminated: boolean;
}

/**
 * Reads the lines of a file from one offset to another, including a last one without a line break.
 * Lines share no memory.
 */
export async function* readLines(file: FileHandle, from: number, end: number): AsyncGenerator<ReadLine> {
  let parts: Buffer[] = [];
  for (let at = from; at < end;) {
    const buffer = Buffer.allocUnsafeSlow(Math.min(WINDOW_BYTES, end - at));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
    if (bytesRead === 0) break;
    const window = buffer.subarray(0, bytesRead);
    let start = 0;
    for (let stop = window.indexOf(NEW_LINE); stop !== -1; stop = window.indexOf(NEW_LINE, start)) {
      parts.push(window.subarray(start, stop));
      yield { bytes: joined(parts), end: at + stop + 1, isTerminated: true };
      parts = [];
      start = stop + 1;
    }
    if (start < bytesRead) parts.push(window.subarray(start));
    at += bytesRead;
  }
  if (parts.length > 0) yield { bytes: joined(parts), end, isTerminated: false };
}

function joined(parts: readonly Buffer[]): Buffer {
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
}
