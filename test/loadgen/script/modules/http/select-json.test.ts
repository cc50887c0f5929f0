import { expect, it } from 'vitest';
import { selectJson } from '../../../../../src/loadgen/script/modules/http/http-response.js';

const JSON_TEXT = JSON.stringify({
  name: { first: 'Jörg', last: 'Ü' },
  age: 1.5e3,
  none: null,
  ok: true,
  'a.b': 'dotted',
  friends: [
    { first: 'Dale', age: 44, nets: ['ig', 'fb'] },
    { first: 'Roger', age: 68, nets: ['fb'] },
    { first: 'Jane', age: 47, nets: [] },
  ],
});

it.each([
  ['name.first', 'Jörg'],
  ['age', 1500],
  ['none', null],
  ['ok', true],
  ['missing', undefined],
  ['missing.deep', undefined],
  [String.raw`a\.b`, 'dotted'],
  ['friends.#', 3],
  ['friends.1.first', 'Roger'],
  ['friends.#.age', [44, 68, 47]],
  ['friends.#(age>45).first', 'Roger'],
  ['friends.#(age>45)#.first', ['Roger', 'Jane']],
  ['friends.#(first%"D*").nets.0', 'ig'],
  ['na*.last', 'Ü'],
  ['friends.#.nets|@flatten', ['ig', 'fb', 'fb']],
  ['friends|@reverse|0.first', 'Jane'],
  ['{age,"who":name.first}', { age: 1500, who: 'Jörg' }],
  ['friends.0', { first: 'Dale', age: 44, nets: ['ig', 'fb'] }],
])('%s', (path, expected) => {
  expect(selectJson(JSON_TEXT, path)).toEqual(expected);
});
