import type { HealthRecord, Run } from '../../run-file/records.js';

/**
 * Least means over the saturated seconds that are reported as the cause: cores taken by a
 * hypervisor, milliseconds per second throttled by a limit.
 */
const STOLEN_CORES = 0.1;
const THROTTLED_MS = 50;
/**
 * Other processes are reported as the cause if they use this share of the machine, and its total
 * use is at least the second one.
 */
const OTHERS_SHARE = 0.2;
const FULL_SHARE = 0.85;

/**
 * The cause of a saturated generator, from the figures of its saturated seconds, and what to do
 * about it.
 */
export function adviceOf({ header, health }: Pick<Run, 'header' | 'health'>): string {
  const saturated = health.filter(({ verdict }) => verdict === 'saturated');
  const { cpus } = header.machine;
  const own = mean(saturated, ({ cpuProcess }) => cpuProcess);
  const machine = mean(saturated, ({ cpuMachine, cpuProcess }) => cpuMachine ?? cpuProcess);
  const throttledMs = mean(saturated, ({ throttledMs: ms }) => ms ?? 0);
  const stolen = mean(saturated, ({ cpuStolen }) => cpuStolen ?? 0);
  if (throttledMs >= THROTTLED_MS) {
    return `A container's CPU limit held it for ${throttledMs.toFixed(0)} ms of each second: raise the limit, or use fewer virtual users.`;
  }
  if (stolen >= STOLEN_CORES) {
    return `A hypervisor gave ${stolen.toFixed(2)} cores to others: use a machine whose cores are its own.`;
  }
  const others = Math.max(0, machine - own);
  if (others >= cpus * OTHERS_SHARE && machine >= cpus * FULL_SHARE) {
    return (
      `Other processes, the target among them if it runs here, used ${others.toFixed(2)} of ${cpus} cores and the generator ${own.toFixed(2)}: ` +
      'end them, or run the generator on a machine of its own.'
    );
  }
  const spare = cpus - machine;
  if (spare >= 1 && header.threads < cpus) {
    const cores = `${spare.toFixed(1)} of ${cpus} cores were idle`;
    return `Its own threads were fully used (${own.toFixed(2)} cores), while ${cores}: use more --threads, or fewer virtual users.`;
  }
  return `It used ${own.toFixed(2)} of ${cpus} cores: use fewer virtual users, or more or faster cores.`;
}

function mean(seconds: readonly HealthRecord[], of: (second: HealthRecord) => number): number {
  return seconds.reduce((sum, second) => sum + of(second), 0) / Math.max(1, seconds.length);
}
