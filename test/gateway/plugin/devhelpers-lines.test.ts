import { describe, expect, it } from 'vitest';
import { classicHelperLine } from '../../../src/gateway/plugin/devhelpers-lines.js';

describe('classicHelperLine', () => {
  it.each([
    ['helper.sent', { worker: 0, count: 50, tookMs: 0.100625 }, '[0] Sending 50 messages took 100.625µs'],
    [
      'helper.connections',
      { connections: 50, goroutines: 54, memoryKb: 35947 },
      'Connections: 50 Goroutines: 54 memory: 35947',
    ],
    ['helper.marked', { count: 50, tookMs: 18.071666 }, 'Marked 50 connections as seen took 18.071666ms'],
    ['helper.flushed', { worker: 0, count: 50, flushMs: 1.5 }, '[0] Flushing 50 messages took 1.5ms'],
    ['helper.skipped', { rounds: 7 }, 'Skipped 7 rounds: more than half of the receivers could not keep up'],
  ])('prints %s as the old program did', (event, fields, line) => {
    expect(classicHelperLine(event, fields)).toBe(line);
  });

  it('ignores other events', () => {
    expect(classicHelperLine('endpoint.created', {})).toBeUndefined();
  });
});
