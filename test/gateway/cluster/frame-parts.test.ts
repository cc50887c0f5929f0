import { expect, it } from 'vitest';
import { FRAME_KIND, type Frame } from '../../../src/gateway/calls/frame.js';
import { PartAssembly, splitBody } from '../../../src/gateway/cluster/frame-parts.js';
import { ManualClock } from '../../support/manual-clock.js';

const WHOLE: Frame = {
  kind: FRAME_KIND.call,
  flags: 2,
  op: 1,
  fromNode: 3,
  fromBoot: 1,
  call: 7,
  place: 0,
  deadlineMs: 1000,
  body: Buffer.from('0123456789'),
};

function partsOf(frame: Frame, pieceBytes: number): Frame[] {
  return splitBody(frame, pieceBytes).map((body) => ({ ...frame, kind: FRAME_KIND.part, body }));
}

it.each([1, 3, 9, 10, 11])('puts parts of %i bytes together', (pieceBytes) => {
  const assembly = new PartAssembly(new ManualClock(), 100);
  const results = partsOf(WHOLE, pieceBytes).map((part) => assembly.take(part));
  expect(results.slice(0, -1).every((result) => result === undefined)).toBe(true);
  expect(results.at(-1)).toEqual(WHOLE);
  expect(assembly.bytes).toBe(0);
});

it('gives a body up when a part of it is missing, and takes others', () => {
  const assembly = new PartAssembly(new ManualClock(), 100);
  const [first, , ...rest] = partsOf(WHOLE, 3);
  const other = partsOf({ ...WHOLE, call: 8 }, 5);
  const mixed = [first, other[0], ...rest, other[1]];
  expect(mixed.flatMap((part) => (part === undefined ? [] : (assembly.take(part) ?? [])))).toMatchObject([{ call: 8 }]);
  expect(assembly.bytes).toBe(0);
});

it('reserves no more memory than its bound, until the caller of a body has given up', () => {
  const clock = new ManualClock();
  const assembly = new PartAssembly(clock, 25);
  const begin = (call: number) => assembly.take(partsOf({ ...WHOLE, call }, 6)[0] ?? WHOLE);
  for (const call of [1, 2, 3]) begin(call);
  expect(assembly.bytes).toBe(20);
  clock.advance(1001);
  begin(4);
  expect(assembly.bytes).toBe(10);
});
