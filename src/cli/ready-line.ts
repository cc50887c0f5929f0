import { closeSync, writeSync } from 'node:fs';
import { formatListenAddress, type ListenAddress } from '../core/listen-address.js';

/** Writes the address that a gateway listens on as one JSON line to a descriptor that its parent opened, and closes it. */
export function writeReadyLine(fd: number, address: ListenAddress): void {
  writeSync(fd, `${JSON.stringify({ address: formatListenAddress(address), ...address })}\n`);
  closeSync(fd);
}

/** The address that `writeReadyLine` wrote; undefined when the line is none of its. */
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
