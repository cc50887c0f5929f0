import type { PortRange } from './machine.js';

const UNLIMITED = Number.MAX_SAFE_INTEGER;

/** One figure, or `max` or `unlimited` for none; undefined when the text is neither. */
export function parseLimit(text: string | undefined): number | undefined {
  const trimmed = text?.trim() ?? '';
  if (trimmed === 'max' || trimmed === 'unlimited') return UNLIMITED;
  return /^\d+$/.test(trimmed) ? Math.min(Number(trimmed), UNLIMITED) : undefined;
}

/** `32768\t60999` of net.ipv4.ip_local_port_range. */
export function parsePortRange(text: string): PortRange | undefined {
  const [first, last] = text.trim().split(/\s+/).map(Number);
  if (first === undefined || last === undefined || !(first <= last)) return undefined;
  return { first, last };
}

/** Bytes of `MemAvailable` in /proc/meminfo: what can be taken without swapping. */
export function parseAvailableMemory(meminfo: string): number | undefined {
  const row = /^MemAvailable:\s+(\d+) kB/m.exec(meminfo);
  return row === null ? undefined : Number(row[1]) * 1024;
}

/** The path of the process below the mount of `controller` (version 1), or below the only one (version 2, `''`), from /proc/self/cgroup. */
export function parseCgroupPath(cgroup: string, controller: string): string | undefined {
  for (const line of cgroup.split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (path !== undefined && controllers?.split(',').includes(controller) === true) return path;
  }
  return undefined;
}

/** Which container engine the cgroup of the first process is named after. */
export function parseContainer(cgroup: string): string | undefined {
  return /docker|kubepods|containerd|lxc|podman|libpod/.exec(cgroup)?.[0];
}
