import { describe, expect, it } from 'vitest';
import type { HealthRecord } from '../../../src/run-file/records.js';
import { adviceOf } from '../../../src/summary/sections/health-advice.js';
import { sampleHeader, sampleHealth } from '../../support/sample-run.js';

/** Advice for a machine of 4 cores and a generator of two threads. */
function advice(figures: Partial<HealthRecord>, threads = 2): string {
  const header = sampleHeader();
  const none = { cpuStolen: 0, throttledMs: 0 };
  const health = [
    sampleHealth(0, { ...none, cpuProcess: 1, cpuMachine: 1, ...figures, verdict: 'saturated' }),
    sampleHealth(1, { verdict: 'healthy', throttledMs: 900, cpuStolen: 3 }),
  ];
  return adviceOf({ header: { ...header, threads, machine: { ...header.machine, cpus: 4 } }, health });
}

describe('the advice on a saturated run', () => {
  it.each<[cause: string, figures: Partial<HealthRecord>, said: RegExp]>([
    [
      "a container's limit",
      { throttledMs: 400, cpuMachine: 4 },
      /CPU limit held it for 400 ms of each second: raise the limit/,
    ],
    ['a hypervisor', { cpuStolen: 0.5, cpuMachine: 4 }, /hypervisor gave 0\.50 cores to others/],
    [
      'other processes',
      { cpuProcess: 1.5, cpuMachine: 4 },
      /Other processes.* used 2\.50 of 4 cores and the generator 1\.50/,
    ],
    ['too few threads', { cpuProcess: 1, cpuMachine: 1.2 }, /2\.8 of 4 cores were idle: use more --threads/],
    ['its own work', { cpuProcess: 3.9, cpuMachine: 4 }, /It used 3\.90 of 4 cores: use fewer virtual users/],
    ['a system that tells little', { cpuProcess: 3.9, cpuMachine: undefined }, /It used 3\.90/],
  ])('names %s', (_cause, figures, said) => {
    expect(advice(figures)).toMatch(said);
  });

  it('does not ask for more threads than there are cores', () => {
    expect(advice({ cpuProcess: 1, cpuMachine: 1.2 }, 4)).toMatch(/It used/);
  });
});
