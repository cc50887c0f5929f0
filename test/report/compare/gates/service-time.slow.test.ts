import { describe, expect, it } from 'vitest';
import { compareSpecs, timesAround, type RunSpec } from '../../../support/loaded-run.js';

const P95 = ['ws_rtt p(95) < +10%'];
/** Lags round a mean, the same in each second. */
const lagging = (meanMs: number) => (_: number, sample: number) => meanMs * (0.5 + (sample % 11) / 10);
const run = (medianMs: number, lagMs?: number, more: RunSpec = {}): RunSpec => ({
  times: timesAround(medianMs),
  counters: { ws_msgs_received: () => 400 },
  ...(lagMs !== undefined && { lag: lagging(lagMs) }),
  ...more,
});

describe("a slowdown that is the generator's own lag", () => {
  it.each([
    ['one against one', 1, 1],
    ['one against several', 4, 1],
    ['several against several', 4, 4],
  ])('is invalid and names it, also of healthy generators: %s', (_, bases, news) => {
    const base = Array.from({ length: bases }, (__, at) => run(10 + at / 50, 0.1));
    const next = Array.from({ length: news }, (__, at) => run(10 + at / 50, 20));
    const { verdict, because, gates } = compareSpecs(base, next, P95);
    expect(verdict).toBe('invalid');
    expect(because).toMatch(
      /^the generator was slower: service time .* ms -> .* ms, generator lag .* -> .* ms \(1 of 1/,
    );
    expect(gates[0]?.change).toBeGreaterThan(0.2);
    expect(Math.abs(gates[0]?.service?.change ?? 1)).toBeLessThan(0.01);
  });

  it('stays a regression where the service times are slower as well, or the lag is as before', () => {
    expect(compareSpecs([run(10, 0.1)], [run(14, 5)], P95).verdict).toBe('regression');
    expect(compareSpecs([run(10, 5)], [run(14, 5)], P95).verdict).toBe('regression');
    expect(compareSpecs([run(10)], [run(14)], P95).verdict).toBe('regression');
  });

  it('crosses no bound of its own: service times within it make it invalid', () => {
    const bound = ['ws_rtt p(95) < 25ms'];
    expect(compareSpecs([run(10, 0.1)], [run(10, 20)], bound).verdict).toBe('invalid');
    expect(compareSpecs([run(10, 0.1)], [run(14, 0.1)], bound).verdict).toBe('regression');
  });
});

describe('a server that is slower', () => {
  it('is found under a lag that went away', () => {
    const { verdict, gates } = compareSpecs([run(10, 30)], [run(14, 0.1)], P95);
    expect(verdict).toBe('regression');
    expect(gates[0]?.reasons[0]).toMatch(/^the service time is slower than the budget allows/);
  });

  it('does not count less lag as an improvement', () => {
    const { gates } = compareSpecs([run(10, 30)], [run(10, 0.1)], P95);
    expect(gates[0]).toMatchObject({
      verdict: 'within budget',
      reasons: [expect.stringMatching(/^the generator was faster/)],
    });
  });
});

describe('a strained generator', () => {
  const strained = { health: 'strained' } as const;

  it('on the new side alone makes no regression, of times or of counts', () => {
    expect(compareSpecs([run(10)], [run(14, undefined, strained)], P95)).toMatchObject({
      verdict: 'invalid',
      because: expect.stringMatching(/^the generator was slower: it was strained only in the new runs/),
    });
    const fewer = run(10, undefined, { ...strained, counters: { ws_msgs_received: () => 200 } });
    expect(compareSpecs([run(10)], [fewer], ['ws_msgs_received rate > -10%']).verdict).toBe('invalid');
  });

  it('on the base alone lets nothing pass, on both sides is told', () => {
    expect(compareSpecs([run(10, undefined, strained)], [run(10)], P95).verdict).toBe('inconclusive');
    const both = compareSpecs([run(10, undefined, strained)], [run(14, undefined, strained)], P95);
    expect(both.verdict).toBe('regression');
    expect(both.warnings.filter((warning) => warning.includes('strained'))).toHaveLength(2);
  });
});
