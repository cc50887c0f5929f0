import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatGoDuration, parseDuration } from '../../src/core/duration.js';

describe('parseDuration', () => {
  it.each([
    ['30s', 30_000],
    ['1m30s', 90_000],
    ['0.1ms', 0.1],
    ['1h0m0s', 3_600_000],
    ['1d2h', 93_600_000],
    ['100µs', 0.1],
    ['100us', 0.1],
    ['1.5s', 1500],
    ['.5s', 500],
    ['0', 0],
    ['250', 250],
    ['-5s', -5000],
    [' 2s ', 2000],
  ])('reads %s as %d ms', (text, expected) => {
    expect(parseDuration(text)).toBeCloseTo(expected, 9);
  });

  it.each(['', 's', '5 s', '1x', '1s2', 'abc', '1m 30s', '--1s', '1e3', 'NaN', '5sec'])('refuses %j', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  it('reads back what formatGoDuration writes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 360_000_000 }), (microseconds) => {
        expect(parseDuration(formatGoDuration(microseconds / 1000))).toBeCloseTo(microseconds / 1000, 6);
      }),
    );
  });
});

describe('formatGoDuration', () => {
  it.each([
    [0, '0s'],
    [0.000_001, '1ns'],
    [0.1006, '100.6µs'],
    [0.100_625, '100.625µs'],
    [18.071_666, '18.071666ms'],
    [999.999_999_9, '1s'],
    [1500, '1.5s'],
    [30_000, '30s'],
    [60_000, '1m0s'],
    [90_000, '1m30s'],
    [600_000, '10m0s'],
    [3_661_000, '1h1m1s'],
    [-1500, '-1.5s'],
  ])('writes %d ms as %s', (durationMs, expected) => {
    expect(formatGoDuration(durationMs)).toBe(expected);
  });
});
