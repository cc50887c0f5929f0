import { expect, it } from 'vitest';
import { runScript } from '../../../support/script-run.js';

it('exec describes the current iteration', async () => {
  const { lines } = await runScript(
    `
    import exec from 'k6/execution';
    export default function () {
      const { scenario, vu, instance, test } = exec;
      console.log([scenario.name, scenario.executor, scenario.iterationInTest, scenario.iterationInInstance].join());
      console.log([vu.idInTest, vu.idInInstance, vu.iterationInScenario, __VU, __ITER].join());
      console.log([instance.vusActive, instance.iterationsCompleted, instance.iterationsInterrupted].join());
      console.log(Math.abs(scenario.startTime - Date.now()) < 5000, scenario.progress <= 1, instance.currentTestRunDuration >= 0);
      console.log(test.options.scenarios.default.executor + ' ' + test.options.mine);
    }
    export const options = { iterations: 2, vus: 1, discardResponseBodies: false };
  `,
  );
  expect(lines.slice(0, 4)).toEqual(['default,shared-iterations,0,0', '1,1,0,1,0', '1,0,0', 'true true true']);
  expect(lines.slice(5, 8)).toEqual(['default,shared-iterations,1,1', '1,1,1,1,1', '1,1,0']);
});

it("exec.test.options contains the merged options of script, flags and defaults, in k6's format", async () => {
  const { lines } = await runScript(
    `
    import { test } from 'k6/execution';
    export default function () {
      const { scenarios, thresholds, userAgent, setupTimeout, mine, dns, tags, url } = test.options;
      console.log(JSON.stringify({ scenarios, thresholds, userAgent, setupTimeout, mine, dns, tags, url }));
    }
    export const options = {
      stages: [{ duration: '200ms', target: 1 }], mine: 1, setupTimeout: '90s', tags: { run: 'r' },
      thresholds: { checks: ['rate>0.5', { threshold: 'rate>0', abortOnFail: true, delayAbortEval: '2s' }] },
    };
  `,
    { flags: { iterations: '1', userAgent: 'us' } },
  );
  expect(JSON.parse(lines[0] ?? '')).toEqual({
    scenarios: {
      default: {
        executor: 'shared-iterations',
        startTime: '0s',
        gracefulStop: '30s',
        exec: 'default',
        env: {},
        tags: {},
        vus: 1,
        iterations: 1,
        maxDuration: '10m0s',
      },
    },
    thresholds: { checks: ['rate>0.5', { threshold: 'rate>0', abortOnFail: true, delayAbortEval: '2s' }] },
    userAgent: 'us',
    setupTimeout: '1m30s',
    mine: 1,
    dns: null,
    tags: { run: 'r' },
  });
});

it('exec.test.options contains the network flags', async () => {
  const { lines } = await runScript(
    `
    import { test } from 'k6/execution';
    export default function () {
      const { dns, hosts, localIPs, blacklistIPs, headers, vus } = test.options;
      console.log(JSON.stringify({ dns, hosts, localIPs, blacklistIPs, headers, vus }));
    }
    export const options = { hosts: { 'a.test': '127.0.0.1' } };
  `,
    { flags: { dns: 'ttl=1m,select=first,policy=any', localIPs: ['127.0.0.2'], blacklistIPs: ['10.0.0.0/8'] } },
  );
  expect(JSON.parse(lines[0] ?? '')).toEqual({
    dns: { ttl: '1m0s', select: 'first', policy: 'any' },
    hosts: { 'a.test': '127.0.0.1' },
    localIPs: expect.stringContaining('127.0.0.2'),
    blacklistIPs: ['10.0.0.0/8'],
    vus: null,
  });
});

it('tags of a virtual user apply to the samples that follow', async () => {
  const { lines, totals } = await runScript(
    `
    import exec, { vu } from 'k6/execution';
    import { Counter } from 'k6/metrics';
    const counter = new Counter('mine');
    export default function () {
      vu.metrics.tags.stage = 'first';
      counter.add(1);
      vu.tags['stage'] = 2;
      counter.add(10);
      delete vu.metrics.tags.stage;
      counter.add(100);
      console.log(vu.metrics.tags.scenario, 'stage' in vu.metrics.tags);
      try { vu.metrics.tags.bad = {}; } catch (error) { console.log(error.message); }
      vu.metrics.metadata.trace = 'id';
      console.log(vu.metrics.metadata.trace);
    }
  `,
    { flags: { recordSubmetrics: ['mine{stage:first}', 'mine{stage:2}'] } },
  );
  expect(totals.counters).toMatchObject({ mine: 111, 'mine{stage:first}': 1, 'mine{stage:2}': 10 });
  expect(lines).toEqual(['default false', 'only String, Boolean and Number types are accepted as a tag value', 'id']);
});

it('abort ends the test and cannot be caught', async () => {
  const { lines, verdicts, totals } = await runScript(
    `
    import exec from 'k6/execution';
    export const options = { iterations: 5 };
    export default function () {
      try { exec.test.abort('no use'); } catch (error) { console.log('caught'); } finally { console.log('finally'); }
    }
    export function teardown() { console.log('teardown'); }
  `,
  );
  expect(verdicts).toEqual(['aborted: test aborted: no use']);
  expect(lines).not.toContain('caught');
  // As in k6, the iteration that aborts the test counts; no other begins.
  expect(totals.counters['iterations']).toBe(1);
});

it('fail marks the test, which continues', async () => {
  const { verdicts, totals } = await runScript(`
    import exec from 'k6/execution';
    export const options = { iterations: 2 };
    export default function () { exec.test.fail('bad enough'); }
  `);
  expect(verdicts).toEqual(['failed: bad enough', 'failed: bad enough']);
  expect(totals.counters['iterations']).toBe(2);
});

it('functions of a running test are refused in the init context', async () => {
  const load = (code: string): Promise<unknown> =>
    runScript(`import exec from 'k6/execution'; ${code}; export default function () {}`);
  await expect(load('exec.scenario.name')).rejects.toThrow('getting scenario information in the init context');
  await expect(load('exec.vu.idInTest')).rejects.toThrow('getting VU information in the init context');
  await expect(load("exec.test.abort('at once')")).rejects.toThrow('test aborted: at once');
});

it('setup runs first, its data goes through JSON to every virtual user, teardown runs last', async () => {
  const { lines, end, totals } = await runScript(`
    import { check, sleep } from 'k6';
    export const options = { vus: 2, iterations: 2 };
    export function setup() { sleep(0.01); check(1, { ready: true }); return { list: [1], drop: undefined, when: new Date(0) }; }
    export default function (data) { data.list.push(__VU); console.log(JSON.stringify(data)); sleep(0.02); }
    export function teardown(data) { console.log('teardown ' + data.list.length); }
  `);
  expect(lines.slice(0, 2).sort()).toEqual([
    // Go writes undefined as null, and dates without trailing zeros.
    '{"list":[1,1],"drop":null,"when":"1970-01-01T00:00:00Z"}',
    '{"list":[1,2],"drop":null,"when":"1970-01-01T00:00:00Z"}',
  ]);
  expect(lines[2]).toBe('teardown 1');
  expect(end.setupData).toBe('{"list":[1],"drop":null,"when":"1970-01-01T00:00:00Z"}');
  expect(totals.checks).toEqual([{ name: 'ready', group: '::setup', passes: 1, fails: 0 }]);
});

it('no iteration begins after a setup that throws or times out', async () => {
  const thrown = await runScript(`
    export function setup() { throw new Error('not ready'); }
    export default function () { console.log('ran'); }
  `);
  expect(thrown.end.stageFailure).toMatchObject({ stage: 'setup', kind: 'exception', text: 'not ready' });
  expect(thrown.lines).toHaveLength(1);
  const late = await runScript(`
    import { sleep } from 'k6';
    export const options = { setupTimeout: '50ms' };
    export function setup() { sleep(10); }
    export default function () { console.log('ran'); }
  `);
  expect(late.end.stageFailure).toMatchObject({ stage: 'setup', kind: 'timeout' });
  const busy = await runScript(`
    export const options = { teardownTimeout: '50ms' };
    export default function () {}
    export function teardown() { for (;;) {} }
  `);
  expect(busy.end.stageFailure).toMatchObject({ stage: 'teardown', kind: 'timeout' });
});

it('the graceful stop interrupts sleeping and looping scripts, which cannot catch it', async () => {
  const { lines, totals } = await runScript(`
    import { sleep } from 'k6';
    export const options = {
      scenarios: {
        sleeping: { executor: 'constant-vus', vus: 1, duration: '1s', gracefulStop: '10ms', exec: 'sleeping' },
        busy: { executor: 'constant-vus', vus: 1, duration: '1s', gracefulStop: '10ms', exec: 'busy', startTime: '100ms' },
      },
    };
    export function sleeping() { try { sleep(60); } catch (error) { console.log('caught'); } }
    export function busy() { sleep(0.9); try { for (;;) {} } catch (error) { console.log('caught'); } }
  `);
  expect(lines).toEqual([]);
  expect(totals.counters['iterations'] ?? 0).toBe(0);
});
