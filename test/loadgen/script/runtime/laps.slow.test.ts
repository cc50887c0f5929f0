import { expect, it } from 'vitest';
import { runScript } from '../../../support/script-run.js';

const HOGS: readonly (readonly [name: string, body: string])[] = [
  ['null', 'for (;;) await null;'],
  ['a function of its own', 'const step = async () => null; for (;;) await step();'],
  ['what was rejected', `for (;;) { try { await Promise.reject(new Error('no')); } catch (error) { void error; } }`],
  ['itself', 'const again = async () => { await null; return again(); }; await again();'],
  ['in a function that may block', `for (;;) { await null; if (__VU > 9) sleep(1); }`],
];

it.each(HOGS)('an iteration that only awaits %s leaves time to the other users of its thread', async (_name, body) => {
  const { totals, lines } = await runScript(`
    import { sleep } from 'k6';
    const forOneSecond = { executor: 'constant-vus', vus: 1, duration: '1s', gracefulStop: '0s' };
    export const options = { scenarios: { hog: { ...forOneSecond, exec: 'hog' }, calm: { ...forOneSecond, exec: 'calm' } } };
    export async function hog() { ${body} }
    export function calm() { sleep(0.02); }
  `);
  // Without a turn of the event loop there is only one.
  expect(totals.counters['iterations']).toBeGreaterThan(1);
  expect(lines).toEqual([]);
});

it('awaits many values in order', async () => {
  const { lines } = await runScript(`
    export default async function () {
      let sum = 0;
      const order = [];
      const other = (async () => { for (let i = 0; i < 300; i += 1) { await null; if (i % 100 === 0) order.push('b' + i); } })();
      for (let i = 0; i < 300; i += 1) {
        sum += await (0, Promise.resolve(i));
        const startMs = Date.now();
        while (i % 60 === 0 && Date.now() < startMs + 15);
        if (i % 100 === 0) order.push('a' + i);
      }
      await other;
      console.log(sum, order.filter((at) => at[0] === 'a').join(' '), order.filter((at) => at[0] === 'b').join(' '));
    }
  `);
  expect(lines).toEqual(['44850 a0 a100 a200 b0 b100 b200']);
});

it('a returned or awaited sequence has the value of its last part, even if it blocks', async () => {
  const { lines } = await runScript(`
    import { sleep } from 'k6';
    function returned() { return sleep(0.001), 'last'; }
    export default async function () { console.log(returned(), await (sleep(0.001), 'awaited')); }
  `);
  expect(lines).toEqual(['last awaited']);
});
