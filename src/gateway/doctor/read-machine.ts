import { readFile } from 'node:fs/promises';
import { cpus, freemem } from 'node:os';
import { dirname, join } from 'node:path';
import { openFileLimits } from '../../core/open-files.js';
import { packageVersion } from '../../core/package-version.js';
import type { TransportName } from '../transport/transport.js';
import { glibcVersion } from '../transport/uws-package.js';
import type { Machine, MemoryRoom } from './machine.js';
import { parseAvailableMemory, parseCgroupPath, parseContainer, parseLimit, parsePortRange } from './proc-text.js';
import { readUws } from './read-uws.js';

/** Looks at this machine and changes nothing. `root` is where `/proc` and `/sys` are; tests bring a folder of their own. */
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

/** Files below a root; one that is missing or closed to us is empty. */
class SystemFiles {
  constructor(private readonly root: string) {}

  text(path: string): Promise<string> {
    return readFile(join(this.root, path), 'utf8').catch(() => '');
  }

  async limit(path: string): Promise<number | undefined> {
    return parseLimit(await this.text(path));
  }

  async has(path: string): Promise<boolean> {
    return readFile(join(this.root, path)).then(
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

/** Bytes below the limit of one cgroup; version 2 names its files differently from version 1. */
async function cgroupRoom(files: SystemFiles, folder: string): Promise<number | undefined> {
  const [limit, oldLimit, used, oldUsed] = await Promise.all(
    ['memory.max', 'memory.limit_in_bytes', 'memory.current', 'memory.usage_in_bytes'].map((name) =>
      files.limit(join(folder, name)),
    ),
  );
  const bound = limit ?? oldLimit;
  return bound === undefined ? undefined : bound - (used ?? oldUsed ?? 0);
}

/** Those whose limits hold for this process: of version 2 and of version 1. */
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

/** `/a/b`, `/a`, `/`: a limit may be set on any of them. Inside a container the path is often not below the mount: then only `/` exists. */
function upwards(path: string | undefined): string[] {
  if (path === undefined) return [];
  return path === '/' || path === '.' ? ['/'] : [path, ...upwards(dirname(path))];
}

async function findContainer(files: SystemFiles): Promise<string | undefined> {
  if (await files.has('.dockerenv')) return 'docker';
  if (await files.has('run/.containerenv')) return 'podman';
  return parseContainer(await files.text('proc/1/cgroup'));
}
