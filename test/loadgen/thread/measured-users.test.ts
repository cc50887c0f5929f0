import { describe, expect, it } from 'vitest';
import { SeriesRegistry } from '../../../src/loadgen/metric/series-registry.js';
import { NO_TAGS } from '../../../src/loadgen/metric/series.js';
import type { Scenario } from '../../../src/loadgen/scenario/scenario.js';
import { MeasuredUsers } from '../../../src/loadgen/thread/measured-users.js';
import { ManualClock } from '../../support/manual-clock.js';

const TICKET = { dueMs: 0, iterationInTest: 0, iterationInInstance: 0 };

function setUp(minIterationMs: number, iterationMs: number) {
  const clock = new ManualClock();
  const registry = new SeriesRegistry();
  const durations = registry.timeTrend('iteration_duration');
  const iterations = registry.counter('iterations');
  const scenario: Scenario = {
    createUser: () => ({
      iterate: () => new Promise((resolve) => clock.schedule(() => resolve(true), iterationMs)),
      interrupt: () => undefined,
    }),
  };
  const metrics = { iterations, iterationDuration: durations };
  const users = new MeasuredUsers({
    scenario,
    metrics,
    tags: NO_TAGS,
    clock,
    numberOf: (user) => user + 1,
    minIterationMs,
  });
  const ended: boolean[] = [];
  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms);
    for (let turn = 0; turn < 12; turn += 1) await Promise.resolve();
  };
  void users.iterate(0, TICKET).then((isComplete) => ended.push(isComplete));
  return { users, pass, ended, clock, duration: durations.total.response };
}

describe('the minimum duration of an iteration', () => {
  it('is reached by waiting, which is not part of the recorded duration', async () => {
    const { pass, ended, duration } = setUp(1000, 300);
    await pass(300);
    expect(duration.count).toBe(1);
    expect(duration.max).toBe(300);
    await pass(699);
    expect(ended).toEqual([]);
    await pass(1);
    expect(ended).toEqual([true]);
  });

  it('adds nothing to a longer one', async () => {
    const { pass, ended } = setUp(1000, 1500);
    await pass(1500);
    expect(ended).toEqual([true]);
  });

  it('ends with an interruption, and the iteration counts as complete', async () => {
    const { users, pass, ended, clock } = setUp(60_000, 300);
    await pass(300);
    users.interruptAll();
    await pass(0);
    expect(ended).toEqual([true]);
    expect(clock.waiting).toBe(0);
  });
});
