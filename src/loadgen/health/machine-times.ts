import { arch, cpus, platform, totalmem } from 'node:os';
import { readdirSync, readFileSync } from 'node:fs';
import type { RunMachine } from '../../run-file/records.js';

/** Describes the machine of the generator. */
export function describeMachine(): RunMachine {
  const processors = cpus();
  return {
    platform: platform(),
    arch: arch(),
    cpuModel: processors[0]?.model ?? 'unknown',
    cpus: processors.length,
    memoryBytes: totalmem(),
  };
}

/**
 * Time that a hypervisor took from the machine, and that a container's limit took from this
 * process, since their start; undefined if the system does not report it.
 */
export interface TakenTimes {
  readonly stolenMs: number | undefined;
  readonly throttledMs: number | undefined;
}

/** Linux counts in hundredths of a second. */
const TICK_MS = 10;
const US_PER_MS = 1000;
const NS_PER_MS = 1e6;
/** CPU statistics of control groups, versions 2 and 1. */
const CPU_STATS = ['/sys/fs/cgroup/cpu.stat', '/sys/fs/cgroup/cpu/cpu.stat'];

/** Reads the current values. */
export function readTakenTimes(): TakenTimes {
  return {
    stolenMs: parseStolen(readText('/proc/stat')),
    throttledMs: parseThrottled(CPU_STATS.map(readText).join('\n')),
  };
}

/** Parses `steal` from the first row of /proc/stat (proc(5)): milliseconds of all cores. */
export function parseStolen(stat: string): number | undefined {
  const ticks = /^cpu +(?:\d+ +){7}(?<steal>\d+)/m.exec(stat)?.groups?.['steal'];
  return ticks === undefined ? undefined : Number(ticks) * TICK_MS;
}

/**
 * Parses the time for which a control group throttled its processes: `throttled_usec` of version 2,
 * `throttled_time` of version 1.
 */
export function parseThrottled(stat: string): number | undefined {
  const { us } = /^throttled_usec (?<us>\d+)$/m.exec(stat)?.groups ?? {};
  if (us !== undefined) return Number(us) / US_PER_MS;
  const { ns } = /^throttled_time (?<ns>\d+)$/m.exec(stat)?.groups ?? {};
  return ns === undefined ? undefined : Number(ns) / NS_PER_MS;
}

/**
 * Returns the number of open files and sockets of this process; undefined if the system does not
 * report it.
 */
export function countOpenFiles(): number | undefined {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return undefined;
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
