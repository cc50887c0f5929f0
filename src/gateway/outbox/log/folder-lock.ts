import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { errorMessage, systemErrorCode, WsgError } from '../../../core/error.js';
import { regularFileAt } from './regular-file.js';

/** What the lock is called, and the error of a folder that another process holds. */
interface LockKind {
  readonly name: string;
  inUse(dir: string, pid: string): WsgError;
}

const GATEWAY: LockKind = { name: 'lock', inUse: usedByGateway };
/** Locks that this process holds. */
const held = new Set<string>();

/** Keeps two gateways, or two commands, out of one folder, with a file that names the process. */
export class FolderLock {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  /**
   * Rejects with `outbox.unusable` while another process that runs holds the folder; the lock of
   * one that does not is taken over.
   */
  static async take(dir: string, kind: LockKind = GATEWAY): Promise<FolderLock> {
    const folder = resolve(dir);
    const path = join(folder, kind.name);
    if (held.has(path)) throw kind.inUse(folder, String(process.pid));
    held.add(path);
    try {
      const holder = await takeFile(path);
      if (holder !== undefined) throw kind.inUse(folder, holder.split(' ')[0] ?? holder);
      return new FolderLock(path);
    } catch (error) {
      held.delete(path);
      throw error;
    }
  }

  /** Idempotent. */
  async release(): Promise<void> {
    if (held.delete(this.#path)) await rm(this.#path, { force: true });
  }
}

/** Who holds it; undefined when we do now. */
async function takeFile(path: string): Promise<string | undefined> {
  if (await createFile(path)) return undefined;
  const holder = await readHolder(path);
  if (holder !== undefined && isRunning(holder)) return holder;
  // Renamed, not removed: of two that find the same stale lock only one can have it.
  const stale = `${path}.${process.pid}`;
  await rename(path, stale).catch(ignoreMissing);
  if ((await readHolder(stale)) !== holder) await link(stale, path).catch(() => undefined);
  await rm(stale, { force: true });
  return (await createFile(path)) ? undefined : ((await readHolder(path)) ?? 'unknown');
}

/**
 * Linked, not written in place: nobody may find a lock that does not yet say whose it is. False
 * when there is one.
 */
async function createFile(path: string): Promise<boolean> {
  const draft = `${path}.${process.pid}.new`;
  await regularFileAt(draft);
  await writeFile(draft, `${describe(process.pid) ?? process.pid}\n`, { mode: 0o600 });
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/** What the lock says; undefined when there is none. */
async function readHolder(path: string): Promise<string | undefined> {
  try {
    await regularFileAt(path);
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    ignoreMissing(error);
    return undefined;
  }
}

/**
 * A process of another start of the same number does not count: containers number their processes
 * alike each time.
 */
function isRunning(holder: string): boolean {
  const pid = Number.parseInt(holder, 10);
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  if (holder.includes(' ')) return describe(pid) === holder;
  try {
    process.kill(pid, 0);
    return pid !== process.pid;
  } catch (error) {
    return systemErrorCode(error) === 'EPERM';
  }
}

/**
 * Process id, start of the machine and start of the process; undefined where /proc does not tell,
 * or when it has ended.
 */
function describe(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const machineStart = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    return state === 'Z' || state === 'X' ? undefined : `${pid} ${machineStart} ${fields[18]}`;
  } catch {
    return undefined;
  }
}

function ignoreMissing(error: unknown): void {
  if (systemErrorCode(error) !== 'ENOENT') throw error;
}

function usedByGateway(dir: string, pid: string): WsgError {
  return new WsgError('outbox.unusable', `Another gateway uses ${dir}: process ${pid}.`, {
    hint: 'Give each gateway an outbox.dir of its own.',
  });
}

/** What a start ends with when the folder of the log cannot be used. */
export function unusableFolder(dir: string, error: unknown): WsgError {
  if (error instanceof WsgError) return error;
  return new WsgError('outbox.unusable', `The folder ${dir} cannot be used: ${errorMessage(error)}.`, {
    hint: 'Check outbox.dir, its rights and its space.',
    cause: error,
  });
}
