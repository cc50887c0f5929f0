import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.js';

it.each([2 ** 31, 1000 * 3_600_000, Number.POSITIVE_INFINITY])(
  'does not run at once what is due in %d ms',
  async (ms) => {
    let hasRun = false;
    const cancel = systemClock.schedule(() => {
      hasRun = true;
    }, ms);
    await wait(20);
    cancel();
    expect(hasRun).toBe(false);
  },
);

it('runs a task once, and none that was cancelled', async () => {
  const ran: string[] = [];
  systemClock.schedule(() => ran.push('kept'), 1);
  systemClock.schedule(() => ran.push('cancelled'), 1)();
  await wait(20);
  expect(ran).toEqual(['kept']);
});

it('runs no task before its time, to the fraction of a millisecond', async () => {
  const early: number[] = [];
  const delays = Array.from({ length: 500 }, (_, index) => 1 + (index % 40) * 0.23);
  await Promise.all(
    delays.map(
      (delayMs) =>
        new Promise<void>((resolve) => {
          const startedAt = systemClock.now();
          systemClock.schedule(() => {
            if (systemClock.now() - startedAt < delayMs) early.push(delayMs);
            resolve();
          }, delayMs);
        }),
    ),
  );
  expect(early).toEqual([]);
});
