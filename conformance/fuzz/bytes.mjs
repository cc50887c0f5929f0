import fc from 'fast-check';

/** Small, and at every seam that parsers have. */
export const smallCount = fc.nat(6);

/** Up to `maxLength` bytes of any value. */
export function anyBytes(maxLength) {
  return fc.uint8Array({ maxLength }).map((bytes) => Buffer.from(bytes));
}

const NASTY_BYTES = [0x00, 0x09, 0x0a, 0x0d, 0x20, 0x3a, 0x2c, 0x7f, 0x80, 0xc0, 0xff];

const mutation = fc.record({
  how: fc.constantFrom('set', 'insert', 'delete', 'repeat', 'truncate'),
  where: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  byte: fc.oneof(fc.constantFrom(...NASTY_BYTES), fc.nat(255)),
  length: fc.integer({ min: 1, max: 12 }),
});

/** Mostly none: a mutated request seldom reaches what lies behind the parser. */
export const mutations = fc.oneof(
  { weight: 3, arbitrary: fc.constant([]) },
  { weight: 2, arbitrary: fc.array(mutation, { minLength: 1, maxLength: 4 }) },
);

/** The bytes with each mutation made, one after the other. */
export function mutate(bytes, list) {
  return list.reduce((changed, step) => mutateOnce(changed, step), bytes);
}

function mutateOnce(bytes, { how, where, byte, length }) {
  const at = Math.floor(where * bytes.length);
  const head = bytes.subarray(0, at);
  switch (how) {
    case 'set':
      return Buffer.concat([head, Buffer.from([byte]), bytes.subarray(at + 1)]);
    case 'insert':
      return Buffer.concat([head, Buffer.alloc(length, byte), bytes.subarray(at)]);
    case 'delete':
      return Buffer.concat([head, bytes.subarray(at + length)]);
    case 'repeat':
      return Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)]);
    default:
      return head;
  }
}

/** Where the bytes are cut into segments, as parts of their length. */
export const cuts = fc.oneof(
  { weight: 3, arbitrary: fc.constant([]) },
  { weight: 2, arbitrary: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 3 }) },
);

/** The bytes as the segments that the cuts make of them. */
export function cutInto(bytes, places) {
  const offsets = places.map((place) => Math.floor(place * bytes.length)).toSorted((one, other) => one - other);
  return [0, ...offsets]
    .map((start, index) => bytes.subarray(start, offsets[index] ?? bytes.length))
    .filter((segment) => segment.length > 0);
}
