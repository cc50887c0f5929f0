// Reads the resource use of a server and its children from Linux's /proc, which works for servers
// in any language.
import { readdirSync, readFileSync } from 'node:fs';

/** The process and all its descendants. */
export function processTree(root) {
  const parents = new Map();
  for (const name of readdirSync('/proc')) {
    if (/^\d+$/.test(name)) parents.set(Number(name), parentOf(name));
  }
  const tree = [root];
  for (const pid of tree) {
    for (const [child, parent] of parents) if (parent === pid) tree.push(child);
  }
  return tree;
}

function parentOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return 0; // It has ended meanwhile.
  }
}

/**
 * Seconds of CPU that the processes have used, to the nanosecond: user and system time of all
 * threads that still run.
 */
export function cpuSeconds(pids) {
  let nanoseconds = 0;
  for (const pid of pids) {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
    }
  }
  return nanoseconds / 1e9;
}

/** Bytes of memory that the processes have resident. */
export function residentBytes(pids) {
  let kilobytes = 0;
  for (const pid of pids) {
    kilobytes += Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  }
  return kilobytes * 1024;
}
