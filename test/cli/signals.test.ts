import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { onStopSignal } from '../../src/cli/signals.js';
import type { Clock } from '../../src/core/clock.js';

function watch() {
  const source = new EventEmitter();
  let nowMs = 0;
  const clock: Clock = { now: () => nowMs, wallNow: () => nowMs, schedule: () => () => undefined };
  const seen: string[] = [];
  const stopListening = onStopSignal((signal) => seen.push(`first ${signal}`), {
    source,
    clock,
    onSecond: () => seen.push('second'),
  });
  return { source, seen, stopListening, pass: (ms: number) => (nowMs += ms) };
}

describe('onStopSignal', () => {
  it('asks to stop at the first signal and cuts at the second, whichever they are', () => {
    const { source, seen, pass } = watch();
    source.emit('SIGTERM', 'SIGTERM');
    pass(1000);
    source.emit('SIGINT', 'SIGINT');
    expect(seen).toEqual(['first SIGTERM', 'second']);
  });

  it('takes the Ctrl-C that npm passes on for the same key press', () => {
    const { source, seen, pass } = watch();
    source.emit('SIGINT', 'SIGINT');
    pass(20);
    source.emit('SIGINT', 'SIGINT');
    expect(seen).toEqual(['first SIGINT']);
    source.emit('SIGTERM', 'SIGTERM');
    expect(seen).toEqual(['first SIGINT', 'second']);
  });

  it('listens no more once told so', () => {
    const { source, seen, stopListening } = watch();
    stopListening();
    source.emit('SIGINT', 'SIGINT');
    expect(seen).toEqual([]);
    expect(source.eventNames()).toEqual([]);
  });
});
