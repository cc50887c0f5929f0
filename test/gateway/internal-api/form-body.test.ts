import { expect, it } from 'vitest';
import { formProblem } from '../../../src/gateway/internal-api/send-routes.js';

it.each([
  ['a=1&b=%20+x&c', undefined],
  ['', undefined],
  ['a=ü', undefined],
  ['a=1;b=2', 'invalid semicolon separator in query'],
  ['a=%zz', 'invalid URL escape "%zz"'],
  ['a=%4', 'invalid URL escape "%4"'],
  ['a=%', 'invalid URL escape "%"'],
  ['a=%ff', 'the form body must be UTF-8'],
])('the form %j has the problem: %s', (text, problem) => {
  expect(formProblem(Buffer.from(text))).toBe(problem);
});

it('refuses raw bytes that are not UTF-8', () => {
  expect(formProblem(Buffer.from([0x61, 0x3d, 0xff]))).toBe('the form body must be UTF-8');
});
