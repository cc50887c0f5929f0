import { describe, expect, it } from 'vitest';
import { HelperLoop, type HelperRounds } from '../../../src/gateway/plugin/helper-loop.js';
import { ManualClock } from '../../support/manual-clock.js';

class RecordedRounds implements HelperRounds {
  readonly runs: number[] = [];
  left = 0;
  heldBack = false;
  idle = false;

  get total(): number {
    return this.runs.reduce((sum, rounds) => sum + rounds, 0);
  }

  run(rounds: number): void {
    this.runs.push(rounds);
  }

  isHeldBack(): boolean {
    return this.heldBack;
  }

  isIdle(): boolean {
    return this.idle;
  }

  skipped(rounds: number): void {
    this.left += rounds;
  }
}

function loopWith(pauseMs: number, wakeUpMs = 1) {
  const clock = new ManualClock();
  const rounds = new RecordedRounds();
  const loop = new HelperLoop(rounds, { pauseMs, wakeUpMs, roundsPerFlush: 16, clock });
  loop.start();
  return { clock, rounds, loop };
}

describe('HelperLoop', () => {
  it('runs the due rounds on each wake-up', () => {
    const { clock, rounds } = loopWith(0.1);
    clock.advance(3);
    expect(rounds.runs.map((count) => Math.abs(count - 10) <= 1)).toEqual([true, true, true]);
    clock.advance(997);
    expect(Math.abs(rounds.total - 10_000)).toBeLessThanOrEqual(1);
  });

  it('runs 10,000 rounds a second at most', () => {
    const { clock, rounds } = loopWith(0.001);
    clock.advance(1000);
    expect(rounds.total).toBeLessThanOrEqual(10_000);
    expect(rounds.total).toBeGreaterThan(9_900);
  });

  it('waits for the pause when it is longer than a wake-up', () => {
    const { clock, rounds } = loopWith(250);
    clock.advance(1000);
    expect(rounds.runs).toEqual([1, 1, 1, 1]);
  });

  it.each([0, 1])('idles at a pause of %d ms while there are no receivers, and skips nothing', (pauseMs) => {
    const clock = new ManualClock();
    const rounds = new RecordedRounds();
    rounds.idle = true;
    const loop = new HelperLoop(rounds, { pauseMs, wakeUpMs: 1, roundsPerFlush: 16, clock });
    loop.start();
    clock.advance(50);
    loop.stop();
    expect(rounds).toMatchObject({ total: 0, left: 0 });
  });

  it('skips rounds while held back, counts them, and does not make up for them', () => {
    const { clock, rounds } = loopWith(1);
    rounds.heldBack = true;
    clock.advance(50);
    expect([rounds.total, rounds.left]).toEqual([0, 50]);
    rounds.heldBack = false;
    clock.advance(10);
    expect([rounds.total, rounds.left]).toEqual([10, 50]);
  });

  it('makes up for at most 100 ms after the process was suspended', () => {
    const { clock, rounds, loop } = loopWith(1, 2000);
    clock.advance(2000);
    expect([rounds.total, rounds.left]).toEqual([1000, 1000]);
    loop.stop();
    clock.advance(5000);
    expect(rounds.total).toBe(1000);
  });

  it('lets the event loop turn between batches when there is no pause', async () => {
    const { rounds, loop } = loopWith(0);
    const before = rounds.runs.length;
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    loop.stop();
    expect(rounds.runs.length - before).toBeGreaterThan(0);
    expect(rounds.runs.length - before).toBeLessThanOrEqual(3);
    expect(new Set(rounds.runs)).toEqual(new Set([16]));
    const stopped = rounds.runs.length;
    await new Promise(setImmediate);
    expect(rounds.runs.length).toBe(stopped);
  });

  it('sleeps instead of blocking when held back without a pause', () => {
    const { clock, rounds, loop } = loopWith(0);
    loop.stop();
    rounds.heldBack = true;
    const runs = rounds.runs.length;
    loop.start();
    expect(clock.waiting).toBe(1);
    clock.advance(5);
    expect(rounds.runs.length).toBe(runs);
    rounds.heldBack = false;
    clock.advance(1);
    expect(rounds.runs.length).toBe(runs + 1);
    loop.stop();
  });
});
