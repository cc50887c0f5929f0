import { describe, expect, it } from 'vitest';
import { highestKept, nextRate, type RateTrial } from '../../../src/loadgen/calibrate/calibrate.js';

const SEARCH = { firstRate: 1000, precision: 0.1, mostTrials: 20 };

/** Returns all trials of a search on a machine that sustains rates up to `limit`. */
function search(limit: number, mostTrials = SEARCH.mostTrials): RateTrial[] {
  const trials: RateTrial[] = [];
  for (let rate = nextRate(trials, { ...SEARCH, mostTrials }); rate !== undefined;) {
    trials.push({ rate, isKept: rate <= limit });
    rate = nextRate(trials, { ...SEARCH, mostTrials });
  }
  return trials;
}

describe('the search for the highest rate', () => {
  it.each([150, 999, 1000, 1001, 7777, 1_234_567])('finds %d within 10 %%', (limit) => {
    const found = highestKept(search(limit));
    expect(found).toBeLessThanOrEqual(limit);
    expect(found).toBeGreaterThan(limit / 1.1 - 1);
    expect(search(limit).length).toBeLessThan(17);
  });

  it('doubles the rate first, then bisects', () => {
    expect(
      search(3000)
        .map(({ rate }) => rate)
        .slice(0, 4),
    ).toEqual([1000, 2000, 4000, 2828]);
  });

  it('ends after the maximum number of trials with the best rate so far', () => {
    expect(search(1_000_000, 3)).toHaveLength(3);
    expect(highestKept(search(1_000_000, 3))).toBe(4000);
    expect(highestKept([{ rate: 5, isKept: false }])).toBe(0);
  });

  it('ignores a sustained rate above one that was not sustained', () => {
    const lucky = [
      { rate: 10, isKept: true },
      { rate: 20, isKept: false },
      { rate: 40, isKept: true },
    ];
    expect(highestKept(lucky)).toBe(10);
  });
});
