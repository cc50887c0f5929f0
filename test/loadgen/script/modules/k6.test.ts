import { expect, it } from 'vitest';
import { runScript, type ScriptRun } from '../../../support/script-run.js';

function run(body: string, head = ''): Promise<ScriptRun> {
  return runScript(`
    import { check, group, sleep, fail, randomSeed } from 'k6';
    import { Counter, Gauge, Rate, Trend } from 'k6/metrics';
    ${head}
    export default function () { ${body} }
  `);
}

const tried = (call: string): string => `try { ${call} } catch (error) { console.log(error.message); }`;

it('check counts each condition and returns whether all hold', async () => {
  const { lines, totals } = await run(`
    console.log(check(5, { 'is five': (v) => v === 5, 'is plain': true }));
    console.log(check(5, { 'is six': (v) => v === 6, 'is five': (v) => v === 5 }, { kind: 'second' }));
  `);
  expect(lines).toEqual(['true', 'false']);
  expect(totals.checks).toEqual([
    { name: 'is five', group: '', passes: 2, fails: 0 },
    { name: 'is plain', group: '', passes: 1, fails: 0 },
    { name: 'is six', group: '', passes: 0, fails: 1 },
  ]);
});

it('a condition that throws has failed, the error propagates, and the rest is skipped', async () => {
  const { lines, totals } = await run(
    tried("check(1, { first: () => { throw new Error('broken'); }, second: true });"),
  );
  expect(lines).toEqual(['broken']);
  expect(totals.checks).toEqual([{ name: 'first', group: '', passes: 0, fails: 1 }]);
});

it('a condition may wait; an async one is refused', async () => {
  const { lines } = await run(`
    console.log(check(1, { waits: () => { sleep(0.01); return true; }, after: true }));
    ${tried('check(1, { later: async () => true });')}
  `);
  expect(lines).toEqual(['true', 'check() does not support async functions as arguments']);
});

it('groups nest, tag their samples, and record their duration however they end', async () => {
  const { lines, totals } = await run(`
    console.log(group('outer', () => { check(1, { a: true }); return group('inner', () => { check(1, { b: true }); return 7; }); }));
    ${tried("group('broken', () => { sleep(0.01); throw new Error('inside'); });")}
    ${tried("group('a::b', () => {});")}
    ${tried("group('later', async () => {});")}
  `);
  expect(lines).toEqual([
    '7',
    'inside',
    "group and check names may not contain '::'",
    'group() does not support async functions as arguments',
  ]);
  expect(totals.checks).toEqual([
    { name: 'a', group: '::outer', passes: 1, fails: 0 },
    { name: 'b', group: '::outer::inner', passes: 1, fails: 0 },
  ]);
  expect(totals.trends['group_duration']?.count).toBe(4);
});

it('fail throws, and the iteration still counts', async () => {
  const { logs, totals } = await run("fail('enough');");
  expect(logs[0]).toMatchObject({ level: 'error', source: 'stacktrace', scenario: 'default' });
  expect(logs[0]?.text).toMatch(/^Error: enough/);
  expect(totals.counters['iterations']).toBe(1);
  expect(totals.trends['iteration_duration']?.count).toBe(1);
});

it('randomSeed makes Math.random reproducible', async () => {
  const { lines } = await run(`
    const draw = () => { randomSeed(7); return [Math.random(), Math.random()].join(); };
    console.log(draw() === draw(), Math.max(1, 2));
  `);
  expect(lines).toEqual(['true 2']);
});

it('functions that need a virtual user are refused in the init context', async () => {
  await expect(run('', 'sleep(1);')).rejects.toThrow('using sleep() in the init context is not supported');
  await expect(run('', 'check(1, {});')).rejects.toThrow('using check() in the init context is not supported');
  await expect(run('', "group('a', () => {});")).rejects.toThrow('using group() in the init context is not supported');
});

it('metrics of the script are recorded by type, and known before the run', async () => {
  const { totals, program } = await run(
    `
    counter.add(2); counter.add(3, { kind: 'a' });
    gauge.add(4); gauge.add(1); rate.add(true); rate.add(0); time.add(12.5); size.add(-3);
  `,
    `const counter = new Counter('my_counter'); const gauge = new Gauge('my_gauge'); const rate = new Rate('my_rate');
     const time = new Trend('my_time', true); const size = new Trend('my_size');`,
  );
  expect(totals.counters['my_counter']).toBe(5);
  expect(totals.gauges['my_gauge']).toEqual({ value: 1, min: 1, max: 4 });
  expect(totals.rates['my_rate']).toEqual({ passes: 1, fails: 1 });
  expect(totals.trends['my_time']).toMatchObject({ count: 1, sum: 12.5 });
  expect(totals.trends['my_size']).toMatchObject({ count: 1, min: -3 });
  expect(program.metrics).toContainEqual({ name: 'my_time', type: 'trend', contains: 'time' });
});

it('names and values of metrics are validated', async () => {
  await expect(run('', "new Counter('1st');")).rejects.toThrow("invalid metric name: '1st'");
  await expect(run('', "new Counter('a');")).rejects.toThrow("invalid metric name: 'a'");
  await expect(run('', "new Counter('ab'); new Trend('ab');")).rejects.toThrow("metric 'ab' already exists");
  const { lines, totals } = await run(
    `${tried("new Counter('late');")} console.log(counter.add(NaN), counter.add(-1), counter.name);
     console.log(['', '5', [], [3], true, false, new Date(5)].map((value) => counter.add(value)).join(' '));
     console.log(['abc', [1, 2], {}, null, undefined, NaN, () => 1].map((value) => counter.add(value)).join(' '));`,
    "const counter = new Counter('mine');",
  );
  expect(lines[0]).toBe('metrics can only be used in the init context');
  expect(lines).toContain('false true mine');
  expect(lines).toContain('true true true true true true true');
  expect(lines).toContain("'abc' is an invalid value for metric 'mine', a number or a boolean value is expected");
  expect(lines.at(-1)).toBe('false false false false false false false');
  expect(totals.counters['mine']).toBe(-1 + 5 + 3 + 1 + 5);
});

it('an iteration includes async default functions, timers and promises', async () => {
  const { lines, totals } = await runScript(`
    import { setTimeout as later } from 'k6/timers';
    import { sleep } from 'k6';
    export default async function () {
      const value = await new Promise((resolve) => later(() => resolve('timer'), 5));
      console.log(value);
      sleep(0.01);
      setTimeout(() => console.log('last'), 5);
      const stopped = setInterval(() => console.log('never'), 1000);
      clearInterval(stopped);
      await Promise.resolve();
      console.log('done');
    }
  `);
  expect(lines).toEqual(['timer', 'done', 'last']);
  expect(totals.counters['iterations']).toBe(1);
});

it('a rejected default function is a failed iteration', async () => {
  const { logs, totals } = await runScript(`
    export default async function () { await null; throw new Error('later'); }
  `);
  expect(logs[0]?.text).toMatch(/^Error: later/);
  expect(totals.counters['iterations']).toBe(1);
});
