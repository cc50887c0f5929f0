import { expect, it } from 'vitest';
import { TickCork } from '../../../src/gateway/transport/tick-cork.js';

it('holds a socket once a tick, and in each tick anew', async () => {
  const calls: string[] = [];
  const socket = { hold: () => calls.push('hold'), release: () => calls.push('release') };
  const cork = new TickCork();
  cork.hold(socket);
  cork.hold(socket);
  expect(calls).toEqual(['hold']);
  await new Promise(setImmediate);
  expect(calls).toEqual(['hold', 'release']);
  cork.hold(socket);
  await new Promise(setImmediate);
  expect(calls).toEqual(['hold', 'release', 'hold', 'release']);
});
