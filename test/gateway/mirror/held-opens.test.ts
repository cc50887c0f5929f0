import { describe, expect, it } from 'vitest';
import { HeldOpens } from '../../../src/gateway/mirror/held-opens.js';
import { ManualClock } from '../../support/manual-clock.js';

function create() {
  const clock = new ManualClock();
  const opens = new HeldOpens(clock);
  const lifted: number[] = [];
  opens.onHoldLifted(() => lifted.push(opens.heldFrom()));
  return { clock, opens, lifted };
}

describe('held open events', () => {
  it('are let go in order as their connections are mirrored', () => {
    const { clock, opens, lifted } = create();
    expect(opens.heldFrom()).toBe(Infinity);
    for (const sequence of [3, 5, 9]) opens.hold(sequence, 1_000);
    expect(opens.heldFrom()).toBe(3);
    opens.liftThrough(5);
    opens.liftThrough(7);
    opens.liftThrough(9);
    expect(lifted).toEqual([9, Infinity]);
    expect([opens.late, clock.waiting]).toEqual([0, 0]);
  });

  it('are let go at their deadline and counted', () => {
    const { clock, opens, lifted } = create();
    opens.hold(1, 1_000);
    clock.advance(400);
    opens.hold(2, 1_400);
    opens.hold(3, 1_400);
    clock.advance(600);
    expect([opens.heldFrom(), opens.late]).toEqual([2, 1]);
    clock.advance(400);
    expect([opens.heldFrom(), opens.late]).toEqual([Infinity, 3]);
    expect(lifted).toEqual([2, Infinity]);
  });

  it('are not held if their deadline has passed', () => {
    const { clock, opens } = create();
    clock.advance(10);
    opens.hold(1, 10);
    expect([opens.heldFrom(), opens.late, clock.waiting]).toEqual([Infinity, 1, 0]);
  });

  it('are let go when the mirror stops', () => {
    const { clock, opens } = create();
    opens.hold(1, 1_000);
    opens.stop();
    expect([opens.heldFrom(), opens.late, clock.waiting]).toEqual([Infinity, 1, 0]);
  });
});
