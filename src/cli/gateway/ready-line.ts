import { closeSync, fstatSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { WsgError } from '../../core/error.js';
import { formatListenAddress, type ListenAddress } from '../../core/listen-address.js';

/** Time limit for a reader that does not read. */
const READER_MS = 5_000;

/** Throws `usage` when the descriptor is not open, or is of a kind that only Node itself uses. */
export function checkReadyDescriptor(fd: number): void {
  if (isWritableKind(fd)) return;
  throw new WsgError('usage', `--ready-fd must be an open file, pipe or socket (got file descriptor ${fd}).`, {
    hint: `The parent process must open it before the start, as a shell does with '${fd}>ready.json'.`,
  });
}

function isWritableKind(fd: number): boolean {
  try {
    const stat = fstatSync(fd);
    return stat.isFile() || stat.isFIFO() || stat.isSocket() || stat.isCharacterDevice();
  } catch {
    return false;
  }
}

/**
 * Writes the gateway's address as one JSON line to a descriptor that its parent opened, and closes
 * it. Rejects when the reader has closed it or does not read for 5 s. Never blocks the event loop.
 */
export async function writeReadyLine(fd: number, address: ListenAddress): Promise<void> {
  const line = `${JSON.stringify({ address: formatListenAddress(address), ...address })}\n`;
  // Standard output and standard error stay open, so that their numbers are never reused for a
  // client's socket.
  if (fd <= 2) (fd === 1 ? process.stdout : process.stderr).write(line);
  else if (fstatSync(fd).isFile()) writeToFile(fd, line);
  else await writeToStream(fd, line);
}

function writeToFile(fd: number, line: string): void {
  try {
    writeSync(fd, line);
  } finally {
    closeSync(fd);
  }
}

function writeToStream(fd: number, line: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = new Socket({ fd, readable: false, writable: true });
    const timer = setTimeout(() => socket.destroy(new Error('its reader does not read')), READER_MS).unref();
    socket.once('error', reject).once('close', () => clearTimeout(timer));
    socket.once('finish', () => {
      socket.destroy();
      resolve();
    });
    socket.end(line);
  });
}

/** Parses a line that `writeReadyLine` wrote; undefined for other lines. */
export function parseReadyLine(line: string): ListenAddress | undefined {
  const record = parseRecord(line);
  if (record === undefined || !('host' in record) || !('port' in record)) return undefined;
  const { host, port } = record;
  return typeof host === 'string' && typeof port === 'number' ? { host, port } : undefined;
}

function parseRecord(line: string): object | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
