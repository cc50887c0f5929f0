import { expect, it } from 'vitest';
import { ConnectionShares } from '../../../src/gateway/outbox/connection-shares.js';

const LIMITS = { maxEvents: 1_000_000, maxBytes: 1_000_000, maxDiskBytes: Infinity };

/** Appends messages of one size until one is not allowed. Returns the number of allowed ones. */
function fill(
  shares: ConnectionShares,
  connection: string,
  { bytes, most, from = 0, other = 0, isWritten = false }: Filling,
): number {
  for (let count = 0; count < most; count += 1) {
    const waiting = other + count * bytes;
    const load = { events: from + count, bytes: isWritten ? 0 : waiting, diskBytes: isWritten ? waiting : 0 };
    if (!shares.allows(connection, bytes)) return count;
    shares.appended(connection, from + count + 1, bytes, load);
  }
  return most;
}

interface Filling {
  readonly bytes: number;
  readonly most: number;
  readonly from?: number;
  /** Bytes that already wait. */
  readonly other?: number;
  /** Moves everything from memory to disk. */
  readonly isWritten?: boolean;
}

it('limits one connection to its share of the bytes, and another one to its own', () => {
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

it('uses the bound on disk when there is a log', () => {
  const shares = new ConnectionShares({ ...LIMITS, maxDiskBytes: 4_000_000 }, 0.5);
  const taken = fill(shares, 'greedy', { bytes: 1_000, most: 4_000, isWritten: true });
  expect(taken).toBeGreaterThan(1_800);
  expect(taken).toBeLessThanOrEqual(2_002);
});

it('does not count events when there is a log: their number is bounded only in memory', () => {
  const shares = new ConnectionShares({ ...LIMITS, maxEvents: 1_000, maxDiskBytes: 4_000_000 }, 0.5);
  expect(fill(shares, 'greedy', { bytes: 100, most: 15_000 })).toBe(15_000);
});

it('notes what waits in memory before it is on disk', () => {
  const shares = new ConnectionShares({ ...LIMITS, maxDiskBytes: 1_000_000 }, 0.5);
  for (let count = 1; count <= 400; count += 1) {
    shares.appended('greedy', count, 1_000, { events: count, bytes: count * 1_000, diskBytes: 0 });
  }
  // All of it was written in the meantime.
  const rest = fill(shares, 'greedy', { bytes: 1_000, most: 1_000, from: 400, other: 400_000, isWritten: true });
  expect(400 + rest).toBeLessThanOrEqual(502);
});

it('gives back released events', () => {
  const shares = new ConnectionShares(LIMITS, 0.5);
  const taken = fill(shares, 'greedy', { bytes: 1_000, most: 1_000 });
  expect(shares.allows('greedy', 1_000)).toBe(false);
  shares.release(taken);
  expect(shares.allows('greedy', 1_000)).toBe(true);
});

it('counts once that a connection has reached its share, and again after something was given back', () => {
  const shares = new ConnectionShares(LIMITS, 0.5);
  const taken = fill(shares, 'greedy', { bytes: 1_000, most: 1_000 });
  expect([shares.reach('greedy'), shares.reach('greedy'), shares.reach('other')]).toEqual([true, false, true]);
  shares.release(taken - 100);
  expect(shares.reach('greedy')).toBe(true);
  expect(shares.reached).toBe(3);
});

it('refuses a message above a whole share', () => {
  const shares = new ConnectionShares(LIMITS, 0.5);
  expect(shares.allows('greedy', 600_000)).toBe(false);
  expect([shares.isLarger(600_000), shares.isLarger(400_000)]).toEqual([true, false]);
});

it('limits no connection with a share of 1', () => {
  const shares = new ConnectionShares(LIMITS, 1);
  expect(fill(shares, 'greedy', { bytes: 1_000, most: 1_000 })).toBe(1_000);
});
