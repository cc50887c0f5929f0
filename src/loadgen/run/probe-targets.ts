import type { Plan } from '../plan/plan.js';
import { DialTargets } from '../client/dial-targets.js';
import { probeTarget, type ProbeParts } from '../client/probe-target.js';

/**
 * Probes every target of a built-in scenario as its virtual users would dial it. Throws
 * `tls.invalid` or `target.unreachable`.
 */
export async function probeTargets(
  { behaviour, runtime }: Plan,
  parts: Pick<ProbeParts, 'clock' | 'signal'>,
): Promise<void> {
  if (behaviour.type === 'script') return;
  const { dial } = behaviour;
  const dials = new DialTargets(dial, runtime);
  await Promise.all(dial.targets.map((target, index) => probeTarget(target, { ...parts, dial: dials.of(index + 1) })));
}
