import fc from 'fast-check';
import { cutInto, cuts, mutate, mutations } from './bytes.mjs';
import { frames } from './frame-input.mjs';
import { handshakeInput } from './handshake-input.mjs';
import { httpInput } from './http-input.mjs';

const BATCH = 256;

/**
 * Bytes to send, and the way in which the connection is opened before: by a valid handshake, after
 * its answer, or not at all.
 */
const content = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(fc.constant('frames'), fc.constantFrom('plain', 'deflate'), frames) },
  { weight: 3, arbitrary: fc.tuple(fc.constant('handshake'), fc.constant('none'), handshakeInput) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('http'), fc.constant('none'), httpInput) },
);

/** How the client leaves: in good order, with a reset, or when the gateway has had its say. */
const ending = fc.oneof(
  { weight: 6, arbitrary: fc.constant('finish') },
  { weight: 2, arbitrary: fc.constant('reset') },
  { weight: 1, arbitrary: fc.constant('wait') },
);

const input = fc
  .record({ content, mutations, cuts, ending })
  .map(({ content: [kind, opening, bytes], mutations: steps, cuts: places, ending: end }) => {
    return { kind, opening, segments: cutInto(mutate(bytes, steps), places), ending: end };
  });

/**
 * Endless inputs `{ kind, opening, segments, ending, number }`, the same for the same seed, from
 * number `first` on. Made in batches, so that the one with a given number costs no more than its
 * batch.
 */
export function* generateInputs(seed, first = 0) {
  for (let batch = Math.floor(first / BATCH); ; batch += 1) {
    const made = fc.sample(input, { numRuns: BATCH, seed: seed + batch });
    for (const [index, one] of made.entries()) {
      const number = batch * BATCH + index;
      if (number >= first) yield { ...one, number };
    }
  }
}

/**
 * An input as text that can be sent again: its ending and opening, then its segments in
 * hexadecimal.
 */
export function formatInput({ ending: end, opening, segments }) {
  return [end, opening, ...segments.map((segment) => segment.toString('hex'))].join(':');
}

/** The input that such a text stands for. */
export function parseInput(text) {
  const [end, opening, ...segments] = text.split(':');
  return { kind: 'replay', opening, ending: end, segments: segments.map((hex) => Buffer.from(hex, 'hex')), number: 0 };
}
