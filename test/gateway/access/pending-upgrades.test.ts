import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PendingUpgrades } from '../../../src/gateway/access/pending-upgrades.js';

/** Begins upgrades of one address until a bound is reached. */
function fill(pending: PendingUpgrades, address: string) {
  let begun = 0;
  let reached = pending.reached(address);
  for (; reached === undefined; reached = pending.reached(address)) {
    pending.began(address);
    begun += 1;
  }
  return { begun, reached };
}

it('gives one address half, the second a third of the whole, and leaves room for the next', () => {
  const pending = new PendingUpgrades(1000);
  expect(fill(pending, '203.0.113.1')).toEqual({ begun: 500, reached: 'max_pending_upgrades_per_address' });
  expect(fill(pending, '203.0.113.2').begun).toBe(250);
  expect(fill(pending, '203.0.113.3').begun).toBe(125);
  expect(pending.reached('203.0.113.4')).toBeUndefined();
});

it('counts a whole /64 of IPv6 as one address, and unknown clients as one', () => {
  const pending = new PendingUpgrades(8);
  fill(pending, '2001:db8::1');
  expect(pending.reached('2001:db8::2')).toBe('max_pending_upgrades_per_address');
  expect(pending.reached('2001:db8:0:1::2')).toBeUndefined();
  fill(pending, '');
  expect(pending.reached('')).toBe('max_pending_upgrades_per_address');
});

it('releases upgrades that have ended', () => {
  const pending = new PendingUpgrades(8);
  for (let round = 0; round < 3; round += 1) {
    const { begun } = fill(pending, '203.0.113.1');
    expect(begun).toBe(4);
    for (let count = 0; count < begun; count += 1) pending.ended('203.0.113.1');
  }
});

it('never exceeds its limit, and with three places or more no single address has all', () => {
  const property = fc.property(
    fc.integer({ min: 3, max: 300 }),
    fc.array(fc.integer({ min: 0, max: 5 })),
    (max, turns) => {
      const pending = new PendingUpgrades(max);
      const first = fill(pending, 'greedy').begun;
      let all = first;
      for (const turn of turns) {
        if (pending.reached(`${turn}`) !== undefined) continue;
        pending.began(`${turn}`);
        all += 1;
      }
      return first < max && all <= max;
    },
  );
  expect(fc.check(property).failed).toBe(false);
});
