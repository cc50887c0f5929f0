import { localVus } from '../plan/local-scenarios.js';
import type { Plan } from '../plan/plan.js';
import { judgeRoom, type Need, type Shortage } from './judge-room.js';
import { readRoom, type Room } from './read-room.js';

/** What a plan would run out of on this machine, before anything starts. */
export function preflight(plan: Plan, room: Room = readRoom()): readonly Shortage[] {
  return judgeRoom(needOf(plan), room);
}

function needOf(plan: Plan): Need {
  const { behaviour, runtime } = plan;
  return {
    vus: localVus(plan),
    behaviour: behaviour.type,
    servers: behaviour.type === 'script' ? 1 : new Set(behaviour.dial.targets.map(serverOf)).size,
    sourceAddresses: runtime.localAddresses.length,
  };
}

function serverOf({ normalised }: { readonly normalised: string }): string {
  return new URL(normalised).host;
}
