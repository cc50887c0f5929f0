import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Fifo } from '../../../src/gateway/mirror/mirror-work.js';

it('a queue returns the same items as an array, after any pushes and drops', () => {
  const step = fc.record({ push: fc.nat({ max: 3_000 }), drop: fc.nat({ max: 3_500 }), look: fc.nat({ max: 5 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const queue = new Fifo<number>();
      let expected: number[] = [];
      let next = 0;
      for (const { push, drop, look } of steps) {
        for (let count = 0; count < push; count += 1) {
          queue.push(next);
          expected.push(next);
          next += 1;
        }
        queue.drop(drop);
        expected = expected.slice(drop);
        expect(queue.size).toBe(expected.length);
        expect(queue.peek()).toBe(expected[0]);
        expect(queue.slice(look)).toEqual(expected.slice(0, look));
      }
    }),
    { numRuns: 25 },
  );
});
