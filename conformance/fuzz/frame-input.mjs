import { constants, deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { anyBytes } from './bytes.mjs';

/** The largest message that the fuzzed gateway takes; what inflates to as much is made of zeros. */
export const MAX_MESSAGE_BYTES = 64 * 1024;

const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 };
const INVALID_UTF8 = ['c0af', 'eda080', 'f8888080', 'ff', 'f4908080', '80', 'e282'].map((hex) =>
  Buffer.from(hex, 'hex'),
);
const CLOSE_CODES = [
  0, 1, 999, 1000, 1001, 1004, 1005, 1006, 1007, 1011, 1012, 1015, 1016, 2999, 3000, 3999, 4000, 4999,
];

function deflated(bytes) {
  // permessage-deflate leaves the last four bytes of an empty block away.
  return deflateRawSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
}

const BOMBS = [MAX_MESSAGE_BYTES - 1, MAX_MESSAGE_BYTES, MAX_MESSAGE_BYTES + 1, 64 * MAX_MESSAGE_BYTES].map((size) =>
  deflated(Buffer.alloc(size)),
);
const LARGE = [125, 126, 127, 65_535, 65_536, MAX_MESSAGE_BYTES + 1].map((size) => Buffer.alloc(size, 'a'));

const utf8 = fc.string({ maxLength: 40, unit: 'binary' }).map((text) => Buffer.from(text.toWellFormed()));
const cutUtf8 = fc.tuple(utf8, fc.nat(3)).map(([bytes, cut]) => bytes.subarray(0, Math.max(0, bytes.length - cut)));
const badUtf8 = fc.tuple(utf8, fc.constantFrom(...INVALID_UTF8)).map((parts) => Buffer.concat(parts));
const closePayload = fc
  .tuple(fc.oneof(fc.constantFrom(...CLOSE_CODES), fc.nat(65_535)), fc.oneof(utf8, badUtf8, anyBytes(140)))
  .map(([code, reason]) => Buffer.concat([Buffer.from([code >> 8, code & 0xff]), reason]));

const payload = fc.oneof(
  { weight: 4, arbitrary: utf8 },
  { weight: 2, arbitrary: fc.constant(Buffer.alloc(0)) },
  { weight: 2, arbitrary: cutUtf8 },
  { weight: 2, arbitrary: badUtf8 },
  { weight: 3, arbitrary: closePayload },
  { weight: 3, arbitrary: anyBytes(64) },
  { weight: 2, arbitrary: utf8.map((bytes) => deflated(bytes)) },
  { weight: 1, arbitrary: fc.constantFrom(...LARGE, ...BOMBS) },
);

const lengthForm = fc.oneof(
  { weight: 16, arbitrary: fc.constant('right') },
  { weight: 1, arbitrary: fc.constantFrom('wide', 'wider', 'more', 'less', 'huge', 'top bit', 'safe integer') },
);

const opcode = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...Object.values(OPCODE)) },
  { weight: 1, arbitrary: fc.nat(15) },
);
const reservedBits = fc.oneof(
  { weight: 6, arbitrary: fc.constant(0) },
  { weight: 3, arbitrary: fc.constant(4) },
  { weight: 1, arbitrary: fc.nat(7) },
);
const mostly = (value) => fc.nat(15).map((number) => (number === 0 ? !value : value));

/** One frame, right or wrong in any part of it. */
const frame = fc
  .record({
    fin: fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
    opcode,
    reservedBits,
    isMasked: mostly(true),
    mask: fc.constantFrom(Buffer.from([0x12, 0x34, 0x56, 0x78]), Buffer.alloc(4), Buffer.alloc(4, 0xff)),
    lengthForm,
    payload,
  })
  .map((parts) => encodeFrame(parts));

const plainFrame = { reservedBits: 0, isMasked: true, mask: Buffer.from([1, 2, 3, 4]), lengthForm: 'right' };
const control = fc
  .tuple(fc.constantFrom(OPCODE.ping, OPCODE.pong), anyBytes(125))
  .map(([code, body]) => encodeFrame({ ...plainFrame, fin: true, opcode: code, payload: body }));

/** A message as it should be, in one to four fragments with control frames between them. */
const goodMessage = fc
  .tuple(fc.constantFrom(OPCODE.text, OPCODE.binary), utf8, fc.array(fc.option(control), { maxLength: 3 }))
  .map(([code, body, between]) => Buffer.concat(fragment(code, body, between)));

function fragment(code, body, between) {
  const size = Math.ceil(body.length / (between.length + 1));
  return [...between, undefined].flatMap((interjection, index) => {
    const piece = encodeFrame({
      ...plainFrame,
      fin: index === between.length,
      opcode: index === 0 ? code : OPCODE.continuation,
      payload: body.subarray(index * size, (index + 1) * size),
    });
    return Buffer.isBuffer(interjection) ? [piece, interjection] : [piece];
  });
}

/** Messages that are right, and frames that may be wrong, in a row. */
export const frames = fc
  .array(fc.oneof({ weight: 1, arbitrary: goodMessage }, { weight: 1, arbitrary: frame }), {
    minLength: 1,
    maxLength: 6,
  })
  .map((list) => Buffer.concat(list));

function encodeFrame({ fin, opcode: code, reservedBits: reserved, isMasked, mask, lengthForm: form, payload: body }) {
  const first = (fin ? 0x80 : 0) | (reserved << 4) | code;
  const length = encodeLength(form, body.length, isMasked ? 0x80 : 0);
  const head = [Buffer.from([first]), length];
  return isMasked ? Buffer.concat([...head, mask, masked(body, mask)]) : Buffer.concat([...head, body]);
}

function masked(bytes, mask) {
  const copy = Buffer.from(bytes);
  for (let i = 0; i < copy.length; i += 1) copy[i] ^= mask[i & 3];
  return copy;
}

function encodeLength(form, length, maskBit) {
  switch (form) {
    case 'wide':
      return length < 65_536 ? shortLength(length, maskBit) : longLength(BigInt(length), maskBit);
    case 'wider':
      return longLength(BigInt(length), maskBit);
    case 'more':
      return usualLength(length + 7, maskBit);
    case 'less':
      return usualLength(length >> 1, maskBit);
    case 'huge':
      return longLength(2n ** 40n, maskBit);
    case 'top bit':
      return longLength(2n ** 64n - 1n, maskBit);
    case 'safe integer':
      return longLength(2n ** 53n, maskBit);
    default:
      return usualLength(length, maskBit);
  }
}

function usualLength(length, maskBit) {
  if (length < 126) return Buffer.from([maskBit | length]);
  return length < 65_536 ? shortLength(length, maskBit) : longLength(BigInt(length), maskBit);
}

function shortLength(length, maskBit) {
  return Buffer.from([maskBit | 126, length >> 8, length & 0xff]);
}

function longLength(length, maskBit) {
  const bytes = Buffer.alloc(9);
  bytes[0] = maskBit | 127;
  bytes.writeBigUInt64BE(length, 1);
  return bytes;
}
