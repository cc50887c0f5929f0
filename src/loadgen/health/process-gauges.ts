import { cpus } from 'node:os';
import type { Clock } from '../../core/clock.js';
import { countOpenFiles, readTakenTimes } from './machine-times.js';

/** Health of the process and the machine since the last reading. */
export interface ProcessHealth {
  /** CPU cores in use. */
  readonly cpuProcess: number;
  /** Undefined if the system does not report it. */
  readonly cpuMachine: number | undefined;
  readonly rssBytes: number;
  /** CPU cores that a hypervisor gave to other machines. */
  readonly cpuStolen: number | undefined;
  /** Time in milliseconds for which a container's limit throttled this process. */
  readonly throttledMs: number | undefined;
  readonly openFiles: number | undefined;
}

interface MachineTimes {
  readonly busyMs: number;
  readonly totalMs: number;
}

/** Measures its own process, including all threads, and the machine. */
export class ProcessGauges {
  #usage = process.cpuUsage();
  #machine = machineTimes();
  #taken = readTakenTimes();
  #rssBytes = 0;
  #sinceMs: number;

  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#sinceMs = clock.now();
  }

  /** Returns the values since the last reading, and starts the next interval. */
  read(): ProcessHealth {
    const nowMs = this.#clock.now();
    const usage = process.cpuUsage();
    const machine = machineTimes();
    const elapsedMs = Math.max(nowMs - this.#sinceMs, 1);
    const usedMs = (usage.user + usage.system - this.#usage.user - this.#usage.system) / 1000;
    const cpuMachine = coresInUse(this.#machine, machine);
    const taken = readTakenTimes();
    const stolenMs = difference(taken.stolenMs, this.#taken.stolenMs);
    const throttledMs = difference(taken.throttledMs, this.#taken.throttledMs);
    this.#taken = taken;
    this.#usage = usage;
    this.#machine = machine;
    this.#sinceMs = nowMs;
    return {
      cpuProcess: usedMs / elapsedMs,
      cpuMachine,
      rssBytes: this.#readRss(),
      cpuStolen: stolenMs === undefined ? undefined : stolenMs / elapsedMs,
      throttledMs,
      openFiles: countOpenFiles(),
    };
  }

  /**
   * When no file can be opened any more, the system does not report the value. The last one is
   * kept.
   */
  #readRss(): number {
    try {
      this.#rssBytes = process.memoryUsage.rss();
    } catch {
      // Keeps the last value.
    }
    return this.#rssBytes;
  }
}

function difference(now: number | undefined, before: number | undefined): number | undefined {
  return now === undefined || before === undefined ? undefined : now - before;
}

function coresInUse(before: MachineTimes, after: MachineTimes): number | undefined {
  const totalMs = after.totalMs - before.totalMs;
  return totalMs > 0 ? ((after.busyMs - before.busyMs) / totalMs) * cpus().length : undefined;
}

function machineTimes(): MachineTimes {
  let busyMs = 0;
  let totalMs = 0;
  for (const { times } of cpus()) {
    const busy = times.user + times.nice + times.sys + times.irq;
    busyMs += busy;
    totalMs += busy + times.idle;
  }
  return { busyMs, totalMs };
}
