import type { Behaviour } from '../plan/plan.js';

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
