import { describe, expect, it } from 'vitest';
import { k6Warning } from '../../src/cli/k6-habits.js';

const NOTHING = {
  env: undefined,
  'include-system-env-vars': false,
  'no-usage-report': false,
  address: undefined,
};

describe('flags of k6', () => {
  it('are warned of in one line when they cannot change the result', () => {
    const flags = { ...NOTHING, env: ['A=b', 'C=d'], 'no-usage-report': true, address: '' };
    expect(k6Warning(flags, false)).toMatch(/^ignored.*: --env, --no-usage-report, --address$/);
    expect(k6Warning(flags, true)).toMatch(/^ignored.*: --no-usage-report, --address$/);
    expect(k6Warning(NOTHING, false)).toBeUndefined();
  });
});
