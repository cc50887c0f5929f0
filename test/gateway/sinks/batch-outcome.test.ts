import { expect, it } from 'vitest';
import { inOneWave, wavesOfConnections } from '../../../src/gateway/sinks/batch-outcome.js';
import { testEvent } from '../../support/test-event.js';

const batch = ['a', 'a', 'b', 'c', 'a', 'b'].map((connection, index) => ({ ...testEvent(index + 1), connection }));

it('a wave has at most one event of each connection, in order', () => {
  const places = wavesOfConnections(batch).map((wave) => wave.map(([index]) => index));
  expect(places).toEqual([[0, 2, 3], [1, 5], [4]]);
});

it('one wave has all events', () => {
  expect(inOneWave(batch).map((wave) => wave.map(([index]) => index))).toEqual([[0, 1, 2, 3, 4, 5]]);
});
