import { describe, expect, it } from 'vitest';
import type { K6Flags } from '../../src/cli/k6-flags.js';
import { k6Problems, k6Warning } from '../../src/cli/k6-habits.js';

const NOTHING: K6Flags = {
  env: undefined,
  'include-system-env-vars': false,
  'no-usage-report': false,
  address: undefined,
  'log-output': undefined,
  stage: undefined,
  out: undefined,
};

describe('flags of k6', () => {
  it('are warned of in one line when they cannot change the result', () => {
    const warning = k6Warning({ ...NOTHING, env: ['A=b', 'C=d'], 'no-usage-report': true, address: '' });
    expect(warning).toMatch(/^ignored.*: --env, --no-usage-report, --address$/);
    expect(k6Warning(NOTHING)).toBeUndefined();
  });

  it('are refused by name when they would', () => {
    expect(k6Problems(NOTHING)).toEqual([]);
    expect(k6Problems({ ...NOTHING, stage: ['1s:5'], out: ['json=a'] })).toEqual([
      expect.stringMatching(/^stage: .*1s:5/),
      expect.stringMatching(/^out: .*json=a/),
    ]);
  });
});
