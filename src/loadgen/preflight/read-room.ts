import { readFileSync } from 'node:fs';
import { openFileLimits } from '../../core/open-files.js';

/** What a machine has room for; undefined where the system does not tell. */
export interface Room {
  /** Of this process: what holds now, and up to where it may be raised without privileges. */
  readonly openFiles: { readonly soft: number; readonly hard: number } | undefined;
  /** Ports that connections leave from, of one source address. */
  readonly ports: { readonly first: number; readonly last: number } | undefined;
  /** Bytes that this process can still get. */
  readonly memoryBytes: number;
}

/** Looks at this machine. */
export function readRoom(): Room {
  return { openFiles: openFileLimits(), ports: parsePorts(readText()), memoryBytes: process.availableMemory() };
}

/** Linux's `net.ipv4.ip_local_port_range` (ip-sysctl): two numbers, both included. */
export function parsePorts(text: string): Room['ports'] {
  const { first, last } = /^(?<first>\d+)\s+(?<last>\d+)\s*$/.exec(text)?.groups ?? {};
  return first === undefined ? undefined : { first: Number(first), last: Number(last) };
}

function readText(): string {
  try {
    return readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8');
  } catch {
    return '';
  }
}
