import type { Plan, Behaviour } from '../plan/plan.js';
import { probeTarget, type ProbeOptions } from '../client/probe-target.js';
import { DialTargets } from '../client/dial-targets.js';

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
 * What to do when a run received no message although its scenario expects some; undefined when it
 * expects none.
 */
export function explainSilence(behaviour: Behaviour): string | undefined {
  if (behaviour.type === 'script') return undefined;
  const remedy = remedyFor(behaviour.name);
  return remedy === undefined ? undefined : `nothing was received from ${behaviour.target.given}: ${remedy}`;
}

function remedyFor(name: Exclude<Behaviour, { readonly type: 'script' }>['name']): string | undefined {
  switch (name) {
    case 'snapshot':
      return (
        'the gateway sends to these connections only when a backend ' +
        'or its helper loop does; start `wsg devhelpers`, or add --spawn-gateway'
      );
    case 'echo':
      return 'echo needs a server that answers each message with the same one; add --spawn-echo to try it against one';
    case 'fan-out':
      return 'check that --publish-url sends to the connections of --url; --spawn-gateway starts a gateway where it does';
    case 'flood':
    case 'idle':
    case 'churn':
    case 'storm':
      return undefined;
  }
}
