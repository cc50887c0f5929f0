import { expect, it } from 'vitest';
import { CELLS } from '../../../bench/verdicts/cells.mjs';
import { tryCell } from '../../../bench/verdicts/verdicts.mjs';

/**
 * The harness in short: what must never or always be, on a few pairs. `npm run bench -- verdicts`
 * tries all of them.
 */
const SURE: readonly (readonly [cell: string, word: string, share: number])[] = [
  ['no change', 'regression', 0],
  ['+30 %', 'regression', 1],
  ['+30 % in the tail alone', 'regression', 1],
  ['one stalled second', 'within budget', 0],
  ['600 samples', 'invalid', 1],
  ['the same run twice', 'invalid', 1],
  ['nothing received on either side', 'unjudged', 1],
  ['a missing gated metric, and one that passes', 'unjudged', 1],
  ["+5 ms of the generator's own lag, service as before", 'invalid', 1],
  ["service +30 % under 5 ms less of the generator's lag", 'regression', 1],
  ['a server dead from second 24 of 60', 'regression', 1],
  ['half a second without an answer', 'within budget', 0],
  ['5 against 5, +30 %, 5 % between runs', 'regression', 1],
];

it.each(SURE)('says of "%s": %s in a share of %d', (name, word, share) => {
  const cell = CELLS.find((candidate) => candidate.name === name);
  if (cell === undefined) throw new Error(`there is no cell ${name}`);
  const pairs = 6;
  expect(tryCell(cell, pairs, 3).counts[word]).toBe(pairs * share);
});
