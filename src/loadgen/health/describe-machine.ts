import { arch, cpus, platform, totalmem } from 'node:os';
import type { RunMachine } from '../../run-file/records.js';

/** The machine that the generator runs on. */
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
