import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { FreeRoom } from '../../../src/gateway/outbox/log/free-room.js';
import { ManualClock } from '../../support/manual-clock.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

/** Free room of `dir`, and a wait for an answer. */
function roomOf(dir: string) {
  const clock = new ManualClock();
  let onKnown = (): void => undefined;
  const room = new FreeRoom({ dir, clock, onKnown: () => onKnown() });
  const answer = (): Promise<void> => new Promise((resolve) => (onKnown = resolve));
  return { clock, room, answer };
}

it('has no room until the file system has answered, and again once the answer is a second old', async () => {
  const dir = await temporaryFolder();
  const { clock, room, answer } = roomOf(dir);
  const { bavail, bsize } = await statfs(dir);
  for (let round = 0; round < 3; round++) {
    const known = answer();
    expect([room.has(1), room.has(1)]).toEqual([false, false]);
    await known;
    expect([room.has(1), room.has(bavail * bsize * 2)]).toEqual([true, false]);
    clock.advance(1_000);
  }
});

it('has room if the file system does not answer: a failed write will show it', async () => {
  const { room, answer } = roomOf(join(await temporaryFolder(), 'missing'));
  const known = answer();
  room.has(1);
  await known;
  expect(room.has(Number.MAX_SAFE_INTEGER)).toBe(true);
});
