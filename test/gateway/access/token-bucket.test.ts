import { expect, it } from 'vitest';
import { TokenBucket } from '../../../src/gateway/access/token-bucket.js';

it('allows a burst of one second at once, then the rate', () => {
  const bucket = new TokenBucket(10, 0);
  const taken = (atMs: number) => {
    let count = 0;
    while (bucket.take(1, atMs)) count += 1;
    return count;
  };
  expect([taken(0), taken(50), taken(100), taken(350), taken(60_000)]).toEqual([10, 0, 1, 2, 10]);
});

it("takes more than a second's worth from a full bucket and leaves a debt", () => {
  const bucket = new TokenBucket(100, 0);
  expect([bucket.take(250, 0), bucket.take(1, 1400), bucket.take(1, 1600), bucket.take(250, 1700)]).toEqual([
    true,
    false,
    true,
    false,
  ]);
});
