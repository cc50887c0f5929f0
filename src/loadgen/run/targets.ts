import type { Plan, Behaviour } from '../plan/plan.js';
import { probeTarget, type ProbeOptions } from '../client/probe-target.js';
import { DialTargets } from '../client/dial-targets.js';
import { builtInOf } from '../scenario/index.js';

/**
 * Probes every target of a built-in scenario as its virtual users would dial it. Throws
 * `tls.invalid` or `target.unreachable`.
 */
export async function probeTargets(
  { behaviour, runtime }: Plan,
  deps: Pick<ProbeOptions, 'clock' | 'signal'>,
): Promise<void> {
  if (behaviour.type === 'script') return;
  const { dial } = behaviour;
  const dials = new DialTargets(dial, runtime);
  await Promise.all(dial.targets.map((target, index) => probeTarget(target, { ...deps, dial: dials.of(index + 1) })));
}

/**
 * Explains why a run received no message although its scenario expects some, and what to do;
 * undefined when it expects none.
 */
export function explainSilence(behaviour: Behaviour): string | undefined {
  if (behaviour.type === 'script') return undefined;
  const remedy = builtInOf(behaviour).silenceRemedy;
  return remedy === undefined ? undefined : `nothing was received from ${behaviour.target.given}: ${remedy}`;
}
