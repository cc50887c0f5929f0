import { expect, it } from 'vitest';
import { ConnectionShares } from '../../../src/gateway/outbox/connection-shares.js';

const LIMITS = { maxEvents: 1_000_000, maxBytes: 1_000_000, maxDiskBytes: Infinity };

/** Appends messages of one size, as long as they are allowed; answers how many were. */
function fill(shares: ConnectionShares, connection: string, { bytes, most, from = 0, other = 0 }: Filling): number {
  for (let count = 0; count < most; count += 1) {
    const load = { events: from + count, bytes: other + count * bytes, diskBytes: other + count * bytes };
    if (!shares.allows(connection, bytes, load)) return count;
    shares.appended(connection, from + count + 1, bytes, load);
  }
  return most;
}

interface Filling {
  readonly bytes: number;
  readonly most: number;
  readonly from?: number;
  /** Bytes that wait already. */
  readonly other?: number;
}

it('lets one connection take its share of the bytes and no more, and another its own', () => {
  const shares = new ConnectionShares(LIMITS, 0.5);
  const taken = fill(shares, 'greedy', { bytes: 1_000, most: 1_000 });
  expect(taken).toBeGreaterThan(450);
  expect(taken).toBeLessThanOrEqual(502);
  expect(fill(shares, 'modest', { bytes: 1_000, most: 100, from: taken, other: taken * 1_000 })).toBe(100);
});

it('counts events as well as bytes', () => {
  const shares = new ConnectionShares({ ...LIMITS, maxEvents: 1_000 }, 0.5);
  const taken = fill(shares, 'greedy', { bytes: 1, most: 1_000 });
  expect(taken).toBeGreaterThan(450);
  expect(taken).toBeLessThanOrEqual(502);
});

it('measures against the bound on disk where there is a log', () => {
  const shares = new ConnectionShares({ ...LIMITS, maxDiskBytes: 4_000_000 }, 0.5);
  const taken = fill(shares, 'greedy', { bytes: 1_000, most: 4_000 });
  expect(taken).toBeGreaterThan(1_800);
  expect(taken).toBeLessThanOrEqual(2_002);
});

it('gives back what was released', () => {
  const shares = new ConnectionShares(LIMITS, 0.5);
  const taken = fill(shares, 'greedy', { bytes: 1_000, most: 1_000 });
  const load = { events: taken, bytes: taken * 1_000, diskBytes: 0 };
  expect(shares.allows('greedy', 1_000, load)).toBe(false);
  shares.release(taken);
  expect(shares.allows('greedy', 1_000, { events: 0, bytes: 0, diskBytes: 0 })).toBe(true);
});

it('takes a message above a whole share only when nothing waits', () => {
  const shares = new ConnectionShares(LIMITS, 0.5);
  expect(shares.allows('greedy', 600_000, { events: 1, bytes: 100, diskBytes: 0 })).toBe(false);
  expect(shares.allows('greedy', 600_000, { events: 0, bytes: 0, diskBytes: 0 })).toBe(true);
});

it('bounds nobody with a share of 1', () => {
  const shares = new ConnectionShares(LIMITS, 1);
  expect(fill(shares, 'greedy', { bytes: 1_000, most: 1_000 })).toBe(1_000);
});
