import { describe, expect, it } from 'vitest';
import { HeldSchedule } from '../../../src/loadgen/scenario/held-user.js';

describe('HeldSchedule', () => {
  it('spreads first dials by the number of the virtual user, whichever thread has it', () => {
    const schedule = new HeldSchedule({ durationMs: 1000, connectRate: 50 });
    schedule.begin(100);
    schedule.begin(900);
    expect([1, 2, 51].map((vu) => schedule.connectAtMs(vu))).toEqual([100, 120, 1100]);
  });

  it('dials at once without a rate, and ends behind the executor that began it', () => {
    const schedule = new HeldSchedule({ durationMs: 1000, connectRate: 0 });
    schedule.begin(100);
    expect(schedule.connectAtMs(9)).toBe(100);
    expect(schedule.endMs).toBeGreaterThan(1100);
    expect(schedule.endMs).toBeLessThan(1150);
  });
});
