import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatNumber,
  formatShare,
  formatTime,
  formatValue,
} from '../../../src/summary/terminal/format-value.js';

describe('k6 values', () => {
  it.each([
    [0.958333, '95.83%'],
    [6 / 144, '4.16%'],
    [1, '100.00%'],
    [0.999999, '99.99%'],
    [0, '0.00%'],
  ])('cut a share of %d off to %s', (share, text) => expect(formatShare(share)).toBe(text));

  it.each([
    [0, '0 B'],
    [7, '7 B'],
    [10, '10 B'],
    [797.3, '797 B'],
    [1000, '1.0 kB'],
    [3210, '3.2 kB'],
    [9960, '10 kB'],
    [47_000, '47 kB'],
    [88_000, '88 kB'],
    [2_800_000, '2.8 MB'],
    [168_000_000, '168 MB'],
    [1e9, '1.0 GB'],
    [2.5e12, '2.5 TB'],
  ])('show %d bytes as %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  it.each([
    [0, '0s'],
    [0.000123, '123ns'],
    [0.0009999, '999ns'],
    [0.001, '1µs'],
    [0.416666, '416.66µs'],
    [0.24529, '245.29µs'],
    [1.64, '1.64ms'],
    [3.7699, '3.76ms'],
    [999.999, '999.99ms'],
    [1000, '1s'],
    [1000.9, '1s'],
    [20_960, '20.96s'],
    [59_999, '59.99s'],
    [60_000, '1m0s'],
    [61_500, '1m1s'],
    [3_723_400, '1h2m3s'],
  ])('cut a time of %d ms off to %s', (time, text) => expect(formatTime(time)).toBe(text));

  it.each([
    [0.416666, 'us', '416.67µs'],
    [0.416666, 'ms', '0.42ms'],
    [0.416666, 's', '0.00s'],
    [61_500, 's', '61.50s'],
    [0, 'ms', '0.00ms'],
  ] as const)('round a time of %d ms in the unit %s to %s', (time, unit, text) =>
    expect(formatTime(time, unit)).toBe(text),
  );

  it.each([
    [26.868166, '26.868166'],
    [35.89904, '35.89904'],
    [164_212.5440571, '164212.544057'],
    [115, '115'],
    [0, '0'],
  ])('show the number %d as %s', (value, text) => expect(formatNumber(value, 6)).toBe(text));

  it('depend on what the metric holds', () => {
    expect(formatValue(0.5, { type: 'rate', contains: 'default' })).toBe('50.00%');
    expect(formatValue(1500, { type: 'counter', contains: 'data' })).toBe('1.5 kB');
    expect(formatValue(1500, { type: 'trend', contains: 'time' })).toBe('1.5s');
    expect(formatValue(1500, { type: 'trend', contains: 'time', timeUnit: 'ms' })).toBe('1500.00ms');
    expect(formatValue(1500.25, { type: 'gauge', contains: 'default' })).toBe('1500.25');
  });
});
