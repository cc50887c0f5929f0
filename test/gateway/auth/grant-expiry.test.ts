import fc from 'fast-check';
import { expect, it } from 'vitest';
import { GrantExpiry, SecondHeap } from '../../../src/gateway/auth/grant-expiry.js';
import { ManualClock } from '../../support/manual-clock.js';

const DAY_MS = 86_400_000;

/** A clock whose wall time can be set without time going by. */
class JumpingClock extends ManualClock {
  jumpMs = 0;

  override wallNow(): number {
    return super.wallNow() + this.jumpMs;
  }
}

function setUp() {
  const clock = new JumpingClock();
  const expired: string[] = [];
  const expiry = new GrantExpiry<{ readonly name: string }>({ clock, onExpired: ({ name }) => expired.push(name) });
  const add = (name: string, inMs: number) => {
    const member = { name };
    expiry.add(member, clock.wallNow() + inMs);
    return member;
  };
  return { clock, expired, expiry, add };
}

it('expires each member once, at most a second late, in the order of time', () => {
  const { clock, expired, expiry, add } = setUp();
  add('c', 5000);
  add('a', 1500);
  add('b', 1500);
  clock.advance(1000);
  expect(expired).toEqual([]);
  clock.advance(1500);
  expect(expired).toEqual(['a', 'b']);
  clock.advance(10_000);
  expect(expired).toEqual(['a', 'b', 'c']);
  expect([expiry.size, clock.waiting]).toEqual([0, 0]);
});

it('does not expire removed members, and runs no timer without members', () => {
  const { clock, expired, expiry, add } = setUp();
  const first = add('a', 1000);
  add('b', 1000);
  expiry.remove(first);
  expiry.remove(first);
  clock.advance(5000);
  expect(expired).toEqual(['b']);
  expiry.remove(add('c', 1000));
  expect(clock.waiting).toBe(0);
});

it('expires members that are already over with the next second', () => {
  const { clock, expired, add } = setUp();
  add('a', -5000);
  expect(expired).toEqual([]);
  clock.advance(1000);
  expect(expired).toEqual(['a']);
});

it('handles times more than 24.8 days ahead', () => {
  const { clock, expired, add } = setUp();
  add('a', 30 * DAY_MS);
  add('never', Number.MAX_VALUE);
  clock.advance(3000);
  clock.jumpMs = 30 * DAY_MS - 10_000;
  clock.advance(2000);
  expect(expired).toEqual([]);
  clock.advance(8000);
  expect(expired).toEqual(['a']);
});

it('follows a wall clock that jumps forwards and back', () => {
  const { clock, expired, add } = setUp();
  add('a', 3_600_000);
  clock.jumpMs = -1000;
  clock.advance(1000);
  expect(expired).toEqual([]);
  clock.jumpMs = 3_600_000;
  clock.advance(1000);
  expect(expired).toEqual(['a']);
});

it('keeps nothing of many removed members with times far ahead', () => {
  const { expiry, add } = setUp();
  const stays = add('stays', DAY_MS);
  for (let index = 0; index < 5000; index += 1) expiry.remove(add('goes', DAY_MS + index * 1000));
  expect(expiry.size).toBe(1);
  expiry.remove(stays);
});

it('expires very many members of one second once each, in batches', () => {
  const clock = new JumpingClock();
  const members = Array.from({ length: 130_000 }, (_, index) => ({ index }));
  const told = new Set<number>();
  let mostAtOnce = 0;
  let atOnce = 0;
  const expiry = new GrantExpiry<{ readonly index: number }>({
    clock,
    onExpired: ({ index }) => {
      if (index === 0) for (const member of members.slice(-5)) expiry.remove(member);
      told.add(index);
      atOnce += 1;
      mostAtOnce = Math.max(mostAtOnce, atOnce);
    },
  });
  const expiresAtMs = clock.wallNow() + 1000;
  for (const member of members) expiry.add(member, expiresAtMs);
  clock.advance(999);
  for (let turn = 0; turn < 1000; turn += 1) {
    atOnce = 0;
    clock.advance(1);
  }
  expect([told.size, expiry.size, clock.waiting]).toEqual([129_995, 0, 0]);
  expect(mostAtOnce).toBeLessThanOrEqual(1000);
});

it('the heap gives its numbers in order', () => {
  const property = fc.property(fc.array(fc.integer()), fc.array(fc.integer()), (early, late) => {
    const heap = new SecondHeap();
    heap.refill(early);
    for (const number of late) heap.add(number);
    const given: (number | undefined)[] = [];
    while (heap.first !== undefined) {
      given.push(heap.first);
      heap.removeFirst();
    }
    return JSON.stringify(given) === JSON.stringify([...early, ...late].sort((a, b) => a - b));
  });
  expect(fc.check(property).failed).toBe(false);
});
