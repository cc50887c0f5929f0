import { describe, expect, it } from 'vitest';
import { parseExecutionSegment, segmentShare } from '../../../src/loadgen/plan/execution-segment.js';

describe('parseExecutionSegment', () => {
  it.each([
    ['0:1/4', undefined, { period: 4, from: 0, to: 1 }],
    ['25%:0.5', undefined, { period: 4, from: 1, to: 2 }],
    ['3/4:1', undefined, { period: 4, from: 3, to: 4 }],
    ['1/2', undefined, { period: 2, from: 0, to: 1 }],
    ['1/3:2/3', '0,1/3,2/3,1', { period: 3, from: 1, to: 2 }],
    ['0:2/4', '0,1/2,5/6,1', { period: 6, from: 0, to: 3 }],
    ['12.5%:25%', '0,1/8,25%,1', { period: 8, from: 1, to: 2 }],
  ])('takes %s of %s', (text, sequence, slots) => {
    expect(parseExecutionSegment(text, sequence)).toEqual({ text, ...slots });
  });

  it.each([
    ['0:1', undefined],
    ['0:100%', '0,1'],
  ])('takes %s for the whole', (text, sequence) => {
    expect(parseExecutionSegment(text, sequence)).toBeUndefined();
  });

  it.each([
    ['a half', undefined, 'is not a part of 1'],
    ['1/2:1/4', undefined, 'is not a part of 1'],
    ['0:3/2', undefined, 'is not a part of 1'],
    ['0:1/2:1', undefined, 'is not a part of 1'],
    ['0:1/0', undefined, 'is not a part of 1'],
    ['0:1/4', '0,1/2,1', 'is not a part of the sequence'],
    ['0:1/4', '1/4,0,1', 'must be an ascending list'],
    ['0:1/3', undefined, 'needs --execution-segment-sequence'],
    ['0:0.33333', '0,0.33333,1', 'more than 10000'],
  ])('refuses %s of %s', (text, sequence, reason) => {
    expect(parseExecutionSegment(text, sequence)).toEqual({ problem: expect.stringContaining(reason) });
  });

  it('knows its share of the whole', () => {
    expect(segmentShare(undefined)).toBe(1);
    expect(segmentShare({ text: '1/4:1/2', period: 4, from: 1, to: 2 })).toBe(0.25);
  });
});
