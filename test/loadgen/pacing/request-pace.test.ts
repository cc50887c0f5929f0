import { expect, it } from 'vitest';
import { RequestPace } from '../../../src/loadgen/pacing/request-pace.js';

it('gives requests of all threads turns at the same distance, and saves up none', () => {
  const memory = RequestPace.memory();
  const [one, other] = [new RequestPace(5, memory), new RequestPace(5, memory)];
  const atMs = (ms: number): bigint => BigInt(ms) * 1_000_000n;
  expect([one.take(atMs(1000)), other.take(atMs(1000)), one.take(atMs(1100))]).toEqual([0, 200, 300]);
  expect([other.take(atMs(9000)), one.take(atMs(9000))]).toEqual([0, 200]);
});
