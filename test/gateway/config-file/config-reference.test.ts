import { expect, it } from 'vitest';
import { configReference } from '../../../src/gateway/config-file/config-reference.js';

it('the reference page equals the schema', async () => {
  await expect(configReference()).toMatchFileSnapshot('../../../docs/reference/configuration.md');
});

it('every key has a description', () => {
  const rows = configReference()
    .split('\n')
    .filter((line) => line.startsWith('| `'));
  expect(rows.length).toBeGreaterThan(40);
  expect(rows.filter((line) => /\|\s*\|$/.test(line))).toEqual([]);
});
