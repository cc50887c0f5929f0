import { WsgError } from '../core/error.js';
import { preflight, type Plan } from '../loadgen/index.js';

/** Throws `preflight.refused` when the machine has no room for a plan; where it `isWaived`, gives the same as sentences. */
export function checkRoom(plan: Plan, isWaived: boolean): readonly string[] {
  const shortages = preflight(plan).map(({ problem, mend }) => `${problem}. To fix it: ${mend}`);
  if (isWaived || shortages.length === 0) return shortages;
  throw new WsgError('preflight.refused', 'This machine has no room for the load.', {
    problems: shortages,
    hint: 'With --no-preflight it starts all the same.',
  });
}
