import { describe, expect, it } from 'vitest';
import { readSummaryOptions } from '../../../src/cli/loadtest/summary-options.js';

const NOTHING = {};

describe('readSummaryOptions', () => {
  it("is the snapshot's summary unless told", () => {
    expect(readSummaryOptions(NOTHING, {})).toEqual({
      value: { mode: 'legacy', timeUnit: undefined, trendStats: undefined },
    });
  });

  it('takes a flag before WSG_, and that before K6_; empty variables count for nothing', () => {
    const env = {
      K6_SUMMARY_MODE: 'full',
      WSG_SUMMARY_MODE: 'compact',
      WSG_SUMMARY_TIME_UNIT: '',
      K6_SUMMARY_TIME_UNIT: 'ms',
    };
    expect(readSummaryOptions(NOTHING, env)).toMatchObject({ value: { mode: 'compact', timeUnit: 'ms' } });
    expect(readSummaryOptions({ ...NOTHING, 'summary-mode': 'disabled' }, env)).toMatchObject({
      value: { mode: 'disabled' },
    });
    expect(readSummaryOptions({ ...NOTHING, 'no-summary': true }, env)).toMatchObject({ value: { mode: 'disabled' } });
  });

  it('refuses what there is not, all of it at once and by name', () => {
    const flags = {
      ...NOTHING,
      'summary-mode': 'long',
      'summary-time-unit': 'h',
      'summary-trend-stats': 'avg,fashion',
    };
    const problems = [/'fashion' .* avg/, /'long' must be one of legacy/, /'h' must be one of s, ms, us/];
    expect(readSummaryOptions(flags, {})).toEqual({
      problems: problems.map((problem) => expect.stringMatching(problem)),
    });
  });
});
