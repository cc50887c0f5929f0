import { join } from 'node:path';

/** Where a run is kept unless told: `runs/2024-04-09T00-14-31Z-snapshot.run`, by the UTC time of its start. */
export function defaultRunPath(startedAt: Date, scenario: string): string {
  const time = startedAt
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(':', '-');
  return join('runs', `${time}-${scenario}.run`);
}
