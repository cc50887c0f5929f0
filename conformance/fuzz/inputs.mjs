import fc from 'fast-check';
import { cutInto, cuts, mutate, mutations } from './bytes.mjs';
import { frames } from './frame-input.mjs';
import { goodHandshake, handshakeInput } from './handshake-input.mjs';
import { httpInput } from './http-input.mjs';

const BATCH = 256;

const frameInput = fc
  .tuple(fc.boolean(), frames)
  .map(([compressed, bytes]) => Buffer.concat([goodHandshake(compressed), bytes]));

const kindAndBytes = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(fc.constant('frames'), frameInput) },
  { weight: 3, arbitrary: fc.tuple(fc.constant('handshake'), handshakeInput) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('http'), httpInput) },
);

/** How the client leaves: in good order, with a reset, or when the gateway has had its say. */
const ending = fc.oneof(
  { weight: 6, arbitrary: fc.constant('finish') },
  { weight: 2, arbitrary: fc.constant('reset') },
  { weight: 1, arbitrary: fc.constant('wait') },
);

const input = fc
  .record({ of: kindAndBytes, mutations, cuts, ending })
  .map(({ of: [kind, bytes], mutations: steps, cuts: places, ending: end }) => {
    return { kind, segments: cutInto(mutate(bytes, steps), places), ending: end };
  });

/**
 * Endless inputs `{ kind, segments, ending, number }`, the same for the same seed, from number `first` on. Made in batches, so that the
 * one with a given number costs no more than its batch.
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

/** An input as text that can be sent again: its ending, then its segments in hexadecimal. */
export function formatInput({ ending: end, segments }) {
  return [end, ...segments.map((segment) => segment.toString('hex'))].join(':');
}

/** The input that such a text stands for. */
export function parseInput(text) {
  const [end, ...segments] = text.split(':');
  return { kind: 'replay', ending: end, segments: segments.map((hex) => Buffer.from(hex, 'hex')), number: 0 };
}
