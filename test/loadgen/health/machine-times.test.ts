import { describe, expect, it } from 'vitest';
import {
  countOpenFiles,
  parseStolen,
  parseThrottled,
  readTakenTimes,
} from '../../../src/loadgen/health/machine-times.js';

describe('time taken from the generator', () => {
  it("is parsed in the kernel's format, and undefined where it is missing", () => {
    expect(parseStolen('cpu  10 20 30 40 50 60 70 123 0 0\ncpu0 1 1 1 1 1 1 1 9 0 0\n')).toBe(1230);
    expect(parseStolen('cpu  10 20 30\n')).toBeUndefined();
    expect(parseThrottled('usage_usec 5\nnr_throttled 1\nthrottled_usec 2500\n')).toBe(2.5);
    expect(parseThrottled('nr_throttled 1\nthrottled_time 3000000\n')).toBe(3);
    expect(parseThrottled('')).toBeUndefined();
  });

  it.runIf(process.platform === 'linux')('is told by this machine', () => {
    expect(readTakenTimes().stolenMs).toBeGreaterThanOrEqual(0);
    expect(countOpenFiles()).toBeGreaterThan(2);
  });
});
