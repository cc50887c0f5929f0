import { describe, expect, it } from 'vitest';
import { readLoadOptions } from '../../../src/loadgen/plan/parse-load-options.js';
import { parseExecutionSegment, shardSegment } from '../../../src/loadgen/plan/execution-segment.js';
import type { LoadFlags } from '../../../src/loadgen/options/index.js';

function planOf(flags: LoadFlags, environment: NodeJS.ProcessEnv = {}) {
  const read = readLoadOptions({ flags, environment });
  return 'value' in read ? read.value.plan : read.problems;
}

describe('--shard', () => {
  it('is the execution segment of equal parts', () => {
    for (const count of [2, 3, 4, 7, 100]) {
      const cuts = Array.from({ length: count + 1 }, (_, cut) => `${cut}/${count}`);
      for (let index = 1; index <= count; index += 1) {
        const text = `${index - 1}/${count}:${index}/${count}`;
        expect(shardSegment({ index, count })).toEqual(parseExecutionSegment(text, cuts.join(',')));
      }
    }
  });

  it('counts from 1, and from 0 in the environment of an Indexed Job', () => {
    const second = { shard: { index: 2, count: 4 }, segment: { period: 4, from: 1, to: 2 } };
    expect(planOf({ shard: '2/4' })).toMatchObject(second);
    expect(planOf({}, { WSG_SHARD: '2/4' })).toMatchObject(second);
    expect(planOf({ shard: 'auto/4' }, { JOB_COMPLETION_INDEX: '1' })).toMatchObject(second);
  });

  it('is the whole plan if it is the only one', () => {
    const plan = planOf({ shard: '1/1' });
    expect(plan).toMatchObject({ shard: { index: 1, count: 1 } });
    expect(plan).not.toHaveProperty('segment');
  });

  it.each<[LoadFlags, NodeJS.ProcessEnv, string]>([
    [{ shard: '0/4' }, {}, "shard: '0/4': the shard must be from 1 to 4 (got 0)"],
    [{ shard: '5/4' }, {}, "shard: '5/4': the shard must be from 1 to 4 (got 5)"],
    [{ shard: '1/0' }, {}, "shard: '1/0': the number of shards must be from 1 to 10000"],
    [{ shard: '2' }, {}, "shard: '2' must be a shard and their number"],
    [{ shard: '-1/4' }, {}, "shard: '-1/4' must be a shard and their number"],
    [{ shard: 'auto/4' }, {}, "shard: 'auto/4' needs JOB_COMPLETION_INDEX (got '')"],
    [{ shard: 'auto/4' }, { JOB_COMPLETION_INDEX: 'x' }, "shard: 'auto/4' needs JOB_COMPLETION_INDEX (got 'x')"],
    [{ shard: 'auto/4' }, { JOB_COMPLETION_INDEX: '4' }, '(JOB_COMPLETION_INDEX is 4, counted from 0)'],
    [{ shard: '1/2', executionSegment: '0:1/2' }, {}, 'shard: it is an execution segment itself'],
  ])('refuses %j with %j', (flags, environment, problem) => {
    expect(planOf(flags, environment)).toEqual([expect.stringContaining(problem)]);
  });
});
