import { describe, expect, it } from 'vitest';
import { aggregateName, misfitOf, parseGate } from '../../../../src/report/compare/gates/parse-gate.js';
import type { Unit } from '../../../../src/report/compare/comparison.js';

describe('parseGate', () => {
  it('reads changes for the worse, with what never counts', () => {
    expect(parseGate('ws_ping p(99) < +10%', 'flag')).toEqual({
      text: 'ws_ping p(99) < +10%',
      series: 'ws_ping',
      aggregate: { type: 'quantile', quantile: 0.99 },
      worse: 'up',
      budget: 0.1,
      origin: 'flag',
    });
    expect(parseGate(' ws_msgs_received{a:b c} rate>-2.5% floor 3', 'file')).toMatchObject({
      series: 'ws_msgs_received{a:b c}',
      aggregate: { type: 'rate' },
      worse: 'down',
      budget: 0.025,
      floor: 3,
    });
    expect(parseGate('x med < +5% floor 2ms', 'flag')).toMatchObject({ aggregate: { quantile: 0.5 }, floor: 2 });
  });

  it('reads bounds in their units', () => {
    expect(parseGate('ws_ping p(95) < 1.5s', 'flag')).toMatchObject({ limit: { operator: '<', value: 1500 } });
    expect(parseGate('ws_ping max <= 200us', 'flag')).toMatchObject({ limit: { operator: '<=', value: 0.2 } });
    expect(parseGate('checks rate > 99%', 'flag')).toMatchObject({
      worse: 'down',
      limit: { operator: '>', value: 0.99 },
    });
  });

  it('reads bytes, and rates of them', () => {
    expect(parseGate('data_received rate > 5MB/s', 'flag')).toMatchObject({ limit: { value: 5e6 } });
    expect(parseGate('data_sent count < 2KiB', 'flag')).toMatchObject({ limit: { value: 2048 } });
    expect(parseGate('http_req_failed rate < 5%', 'flag')).toMatchObject({ limit: { value: 0.05 } });
  });

  it.each([
    ['ws_ping', 'must be a gate such as'],
    ['ws_ping p(0) < +1%', "the percentile must be > 0 and < 100 (got 'p(0)')"],
    ['ws_ping p(100) < +1%', "the percentile must be > 0 and < 100 (got 'p(100)')"],
    ['ws_ping p(99) < -10%', "a change for the worse must be written as '< +10%' or '> -10%' (got '-10%')"],
    ['ws_ping p(99) < fast', "the bound must be a change such as +10% or a value such as 200ms (got 'fast')"],
    ['ws_ping p(99) < 10%', "10% looks like a change without its sign: write '< +10%'"],
    ['ws_ping max < 10%', 'looks like a change without its sign'],
    ['ws_msgs_received count > 5%', "write '> -5%'"],
    ['checks rate > 1%', "write '> -1%'"],
    ['ws_ping p(99) < +10% floor high', "the floor must be a value such as 2ms (got 'high')"],
  ])('says what is wrong with %s', (text, problem) => {
    expect(parseGate(text, 'flag')).toEqual({ problem: expect.stringContaining(problem) });
  });

  it('names aggregates as gates do', () => {
    expect(aggregateName({ type: 'quantile', quantile: 0.999 })).toBe('p(99.9)');
    expect(aggregateName({ type: 'rate' })).toBe('rate');
  });
});

describe('a bound or a floor', () => {
  it.each<readonly [string, Unit]>([
    ['ws_rtt p(95) < 5MB', 'ms'],
    ['ws_rtt p(95) < 90%', 'ms'],
    ['ws_rtt p(95) < +10% floor 2kB', 'ms'],
    ['ws_rtt p(95) < +10% floor 5%', 'ms'],
    ['data_received count > 5ms', 'bytes'],
    ['data_received count > 5MB/s', 'bytes'],
    ['ws_msgs_received count > 100/s', ''],
    ['ws_msgs_received rate > 100ms', 'per second'],
    ['checks rate > 5ms', 'ratio'],
  ])('%s does not fit a figure in "%s"', (text, unit) => {
    expect(misfitOf({ text }, unit)).toMatch(/^\S+ has the wrong unit: this gate needs /);
  });

  it.each<readonly [string, Unit]>([
    ['ws_rtt p(95) < 5', 'ms'],
    ['ws_rtt p(95) < 1.5s', 'ms'],
    ['ws_rtt p(95) < +10% floor 200us', 'ms'],
    ['data_received rate > 5MB/s', 'bytes per second'],
    ['data_received rate > 5MiB', 'bytes per second'],
    ['data_received count > 5GB', 'bytes'],
    ['ws_msgs_received count > 100', ''],
    ['ws_msgs_received rate > 100/s', 'per second'],
    ['checks rate > 99%', 'ratio'],
    ['checks rate > 0.99', 'ratio'],
  ])('%s fits a figure in "%s"', (text, unit) => {
    expect(misfitOf({ text }, unit)).toBeUndefined();
  });
});
