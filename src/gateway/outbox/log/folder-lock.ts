import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { errorMessage, systemErrorCode, WsgError } from '../../../core/error.js';
import { regularFileAt } from './regular-file.js';

/** File name of a lock, and the error for a folder that another process holds. */
interface LockKind {
  readonly name: string;
  inUse(dir: string, pid: string): WsgError;
}

const GATEWAY: LockKind = { name: 'lock', inUse: usedByGateway };
/** Locks that this process holds. */
const held = new Set<string>();

/** Prevents two gateways, or two commands, from using one folder: a file names the process. */
export class FolderLock {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  /**
   * Rejects with `outbox.unusable` while another running process holds the folder. A lock of a
   * process that has ended is taken over.
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

/** Resolves to the holder; undefined when this process holds the lock now. */
async function takeFile(path: string): Promise<string | undefined> {
  if (await createFile(path)) return undefined;
  const holder = await readHolder(path);
  if (holder !== undefined && isRunning(holder)) return holder;
  // Renamed, not removed: of two processes that find the same stale lock only one can rename it.
  const stale = `${path}.${process.pid}`;
  await rename(path, stale).catch(ignoreMissing);
  if ((await readHolder(stale)) !== holder) await link(stale, path).catch(() => undefined);
  await rm(stale, { force: true });
  return (await createFile(path)) ? undefined : ((await readHolder(path)) ?? 'unknown');
}

/**
 * Creates the lock with its content, by a link: another process must not read a lock without a
 * holder. False when there is one.
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

/** Content of the lock; undefined when there is none. */
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
 * True when the holder is running. A later process with the same id does not count: containers use
 * the same ids at each start.
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
 * Process id, boot id of the machine and start time of the process; undefined without /proc, or
 * when the process has ended.
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

/** Error of a start whose log folder cannot be used. */
export function unusableFolder(dir: string, error: unknown): WsgError {
  if (error instanceof WsgError) return error;
  return new WsgError('outbox.unusable', `The folder ${dir} cannot be used: ${errorMessage(error)}.`, {
    hint: 'Check outbox.dir: its permissions and its free space.',
    cause: error,
  });
}
