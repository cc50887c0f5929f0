import { expect, it } from 'vitest';
import { runScript } from '../../../support/script-run.js';

it('console formats values as k6 1.3.0 does, errors without a stack', async () => {
  const { lines } = await runScript(`export default function () {
    console.log(new Error('boom')); console.log('a', new TypeError('t'), 1); console.log({ a: 1, e: new Error('in') }, [1, new Error('l')]);
    console.log(undefined, null, NaN, -0, 5n); console.log(() => 1); console.log(new Map([[1, 2]]), /x/g, new Uint8Array([1])); console.log('');
    console.log(Object.assign(new Error('p'), { code: 5 })); const c = {}; c.c = c; console.log(c); class A extends Error {} console.log(new A('x'));
  }`);
  expect(lines).toEqual([
    'Error: boom',
    'a TypeError: t 1',
    '{"a":1,"e":{}} [1,{}]',
    'undefined null NaN 0 5',
    '[object Function]',
    '{} {} {"0":1}',
    '',
    'Error: p',
    '[object Object]',
    'Error: x',
  ]);
});
