import { expect, it } from 'vitest';
import { defaultRunPath } from '../../../src/cli/report/run-paths.js';

it('names a run by the second of its start, in a form that every file system takes', () => {
  expect(defaultRunPath(new Date('2024-04-09T00:14:31.700Z'), 'snapshot')).toBe(
    'runs/2024-04-09T00-14-31Z-snapshot.run',
  );
});
