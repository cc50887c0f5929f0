import { readFile } from 'node:fs/promises';
import { cpus, freemem } from 'node:os';
import { dirname, join } from 'node:path';
import { openFileLimits } from '../../core/open-files.js';
import { packageVersion } from '../../core/package-version.js';
import type { TransportName } from '../transport/transport.js';
import { glibcVersion } from '../transport/uws/uws-package.js';
import type { PortRange, Machine, MemoryRoom } from './machine.js';
import { readUws } from './read-uws.js';

const UNLIMITED = Number.MAX_SAFE_INTEGER;

/** Parses a number, or `max` or `unlimited` for no limit; undefined for any other text. */
export function parseLimit(text: string | undefined): number | undefined {
  const trimmed = text?.trim() ?? '';
  if (trimmed === 'max' || trimmed === 'unlimited') return UNLIMITED;
  return /^\d+$/.test(trimmed) ? Math.min(Number(trimmed), UNLIMITED) : undefined;
}

/** Parses net.ipv4.ip_local_port_range, such as `32768\t60999`. */
export function parsePortRange(text: string): PortRange | undefined {
  const [first, last] = text.trim().split(/\s+/).map(Number);
  if (first === undefined || last === undefined || !(first <= last)) return undefined;
  return { first, last };
}

/** Parses `MemAvailable` in /proc/meminfo, in bytes: memory available without swapping. */
export function parseAvailableMemory(meminfo: string): number | undefined {
  const row = /^MemAvailable:\s+(\d+) kB/m.exec(meminfo);
  return row === null ? undefined : Number(row[1]) * 1024;
}

/**
 * Returns the cgroup path of the process from /proc/self/cgroup: below the mount of `controller`
 * (version 1), or below the only mount (version 2, `''`).
 */
export function parseCgroupPath(cgroup: string, controller: string): string | undefined {
  for (const line of cgroup.split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (path !== undefined && controllers?.split(',').includes(controller) === true) return path;
  }
  return undefined;
}

/** Returns the container engine in the name of the first process's cgroup. */
export function parseContainer(cgroup: string): string | undefined {
  return /docker|kubepods|containerd|lxc|podman|libpod/.exec(cgroup)?.[0];
}

/**
 * Inspects this machine without changing anything. `root` contains `/proc` and `/sys`; tests pass
 * their own folder.
 */
export async function readMachine(transport: TransportName, root = '/'): Promise<Machine> {
  const files = new SystemFiles(root);
  return {
    platform: process.platform,
    wsg: packageVersion(),
    node: process.versions.node,
    abi: process.versions.modules,
    glibc: glibcVersion(),
    cpus: cpus().length,
    transport,
    uws: await readUws(),
    openFiles: openFileLimits(),
    systemFiles: await files.limit('proc/sys/fs/file-max'),
    ports: parsePortRange(await files.text('proc/sys/net/ipv4/ip_local_port_range')),
    acceptQueue: await files.limit('proc/sys/net/core/somaxconn'),
    synBacklog: await files.limit('proc/sys/net/ipv4/tcp_max_syn_backlog'),
    trackedConnections: await files.limit('proc/sys/net/netfilter/nf_conntrack_max'),
    memory: await memoryRoom(files),
    threads: smallest(
      await Promise.all((await cgroupFolders(files, 'pids')).map((at) => files.limit(join(at, 'pids.max')))),
    ),
    container: await findContainer(files),
  };
}

/** Reads files below a root; a missing or unreadable file counts as empty. */
class SystemFiles {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  text(path: string): Promise<string> {
    return readFile(join(this.#root, path), 'utf8').catch(() => '');
  }

  async limit(path: string): Promise<number | undefined> {
    return parseLimit(await this.text(path));
  }

  async has(path: string): Promise<boolean> {
    return readFile(join(this.#root, path)).then(
      () => true,
      () => false,
    );
  }
}

async function memoryRoom(files: SystemFiles): Promise<MemoryRoom> {
  const available = parseAvailableMemory(await files.text('proc/meminfo')) ?? freemem();
  const folders = await cgroupFolders(files, 'memory');
  const left = smallest(await Promise.all(folders.map((folder) => cgroupRoom(files, folder)))) ?? available;
  return left < available ? { bytes: Math.max(left, 0), boundBy: 'cgroup' } : { bytes: available, boundBy: 'machine' };
}

/**
 * Returns the bytes left below the limit of one cgroup. Versions 1 and 2 use different file names.
 */
async function cgroupRoom(files: SystemFiles, folder: string): Promise<number | undefined> {
  const [limit, oldLimit, used, oldUsed] = await Promise.all(
    ['memory.max', 'memory.limit_in_bytes', 'memory.current', 'memory.usage_in_bytes'].map((name) =>
      files.limit(join(folder, name)),
    ),
  );
  const bound = limit ?? oldLimit;
  return bound === undefined ? undefined : bound - (used ?? oldUsed ?? 0);
}

/** Returns the cgroup folders whose limits apply to this process, of version 2 and version 1. */
async function cgroupFolders(files: SystemFiles, controller: string): Promise<string[]> {
  const cgroup = await files.text('proc/self/cgroup');
  return [
    ...upwards(parseCgroupPath(cgroup, '')).map((path) => join('sys/fs/cgroup', path)),
    ...upwards(parseCgroupPath(cgroup, controller)).map((path) => join('sys/fs/cgroup', controller, path)),
  ];
}

function smallest(figures: readonly (number | undefined)[]): number | undefined {
  const known = figures.filter((figure) => figure !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

/**
 * Returns `/a/b`, `/a` and `/`, because a limit may be set on any of them. In a container the path
 * is often outside the mount; then only `/` exists.
 */
function upwards(path: string | undefined): string[] {
  if (path === undefined) return [];
  return path === '/' || path === '.' ? ['/'] : [path, ...upwards(dirname(path))];
}

async function findContainer(files: SystemFiles): Promise<string | undefined> {
  if (await files.has('.dockerenv')) return 'docker';
  if (await files.has('run/.containerenv')) return 'podman';
  return parseContainer(await files.text('proc/1/cgroup'));
}
