import { readFileSync } from 'node:fs';

/**
 * Limits on open files: the current (soft) one, and the (hard) one up to which the process may
 * raise it.
 */
export interface OpenFileLimits {
  readonly soft: number;
  readonly hard: number;
}

/** The soft limit on open files of this process; 0 if it is unknown. */
export function openFileLimit(): number {
  return openFileLimits()?.soft ?? 0;
}

/** Reads the limits; undefined if they are unknown. */
export function openFileLimits(): OpenFileLimits | undefined {
  return parseOpenFiles(readLimits()) ?? reportedLimits();
}

/** Reads the row `Max open files` of Linux's /proc/self/limits. */
export function parseOpenFiles(limits: string): OpenFileLimits | undefined {
  const row = /^Max open files\s+(\d+|unlimited)\s+(\d+|unlimited)\s/m.exec(limits);
  return row === null ? undefined : { soft: figure(row[1]), hard: figure(row[2]) };
}

function readLimits(): string {
  try {
    return readFileSync('/proc/self/limits', 'utf8');
  } catch {
    return '';
  }
}

/** Reads Node's diagnostic report, which is slower, but available on every system. */
function reportedLimits(): OpenFileLimits | undefined {
  const limits = field(field(process.report.getReport(), 'userLimits'), 'open_files');
  const soft = figure(field(limits, 'soft'));
  return soft === 0 ? undefined : { soft, hard: figure(field(limits, 'hard')) };
}

function figure(value: unknown): number {
  return value === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(value ?? 0) || 0;
}

function field(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).find(([name]) => name === key)?.[1]
    : undefined;
}
