import { expect, it } from 'vitest';
import { encodeAnswer } from '../../../src/gateway/calls/remote-call.js';
import { AnsweredCalls } from '../../../src/gateway/cluster/answered-calls.js';

const done = (count: number) => encodeAnswer({ outcome: 'done', count });
const kindOf = (calls: AnsweredCalls, call: number) => calls.begin(call).kind;

it('repeats the answers of the last 4,096 calls, and applies none of them again', () => {
  const calls = new AnsweredCalls();
  for (let call = 0; call < 10_000; call += 1) {
    expect(kindOf(calls, call)).toBe('new');
    expect(kindOf(calls, call)).toBe('applied');
    calls.end(call, done(call * 3));
  }
  expect(calls.begin(9_999)).toEqual({ kind: 'answered', answer: new Uint8Array(done(29_997)) });
  expect(calls.begin(10_000 - 4096)).toEqual({ kind: 'answered', answer: new Uint8Array(done((10_000 - 4096) * 3)) });
  expect(kindOf(calls, 10_000 - 4097)).toBe('late');
});

it('does not apply a call that a later one has overtaken, also where numbers wrap around', () => {
  const calls = new AnsweredCalls();
  expect([0xffff_fffd, 0xffff_ffff, 0xffff_fffe, 1, 0, 2].map((call) => kindOf(calls, call))).toEqual([
    'new',
    'new',
    'late',
    'new',
    'late',
    'new',
  ]);
});

it('keeps answers with a body up to 4 MiB, and knows the calls of the dropped ones', () => {
  const calls = new AnsweredCalls();
  const answer = encodeAnswer({ outcome: 'refused', reason: 'x'.repeat(1024 * 1024) });
  for (let call = 1; call <= 5; call += 1) {
    calls.begin(call);
    calls.end(call, answer);
  }
  expect([1, 2, 3, 4, 5].map((call) => kindOf(calls, call))).toEqual([
    'applied',
    'applied',
    'answered',
    'answered',
    'answered',
  ]);
});
