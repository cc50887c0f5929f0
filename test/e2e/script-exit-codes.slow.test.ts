import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { consoleLines } from '../support/script-files.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { runWsg } from '../support/wsg-process.js';

/** Bound for twelve processes that start at the same time, on a machine that may be busy. */
const ALL_AT_ONCE_MS = 120_000;

async function runText(text: string): ReturnType<typeof runWsg> {
  const cwd = await temporaryFolder();
  await writeFile(join(cwd, 'script.js'), text);
  return runWsg(['loadtest', 'script.js', '-q', '--no-run', '--allow-saturated'], { cwd });
}

it('ends with the exit codes of k6', { timeout: ALL_AT_ONCE_MS }, async () => {
  const nothing = 'export default function () {}';
  const exec = "import exec from 'k6/execution'; import { sleep } from 'k6';";
  const cases: readonly (readonly [code: number, text: string])[] = [
    [99, `export const options = { thresholds: { iterations: ['count>5'] } }; ${nothing}`],
    [100, `${exec} export const options = { setupTimeout: '50ms' }; export function setup() { sleep(9); } ${nothing}`],
    [101, `export const options = { teardownTimeout: '50ms' }; export function teardown() { for (;;) {} } ${nothing}`],
    [104, `export const options = { vus: -1 }; ${nothing}`],
    [104, `export const options = { thresholds: { nobody: ['count>5'] } }; ${nothing}`],
    [107, `throw new Error('at once'); ${nothing}`],
    [107, `import redis from 'k6/x/redis'; ${nothing}`],
    [107, `export function setup() { throw new Error('not ready'); } ${nothing}`],
    [108, `${exec} export default function () { exec.test.abort('enough'); }`],
    [110, `${exec} export default function () { exec.test.fail('bad'); }`],
    [
      110,
      `${exec} export const options = { thresholds: { iterations: ['count>5'] } };
       export default function () { exec.test.fail('bad'); }`,
    ],
    [0, `export default function () { Promise.reject(new Error('nobody cares')); throw new Error('only logged'); }`],
  ];
  const endings = await Promise.all(cases.map(([, text]) => runText(text)));
  expect(endings.map(({ code }) => code)).toEqual(cases.map(([code]) => code));
  expect(endings[6]?.stderr).toMatch(/The module 'k6\/x\/redis' is not supported; supported are k6, k6\/ws/);
  expect(endings[8]?.stderr).toMatch(/level=error msg="test aborted: enough"/);
  expect(endings[9]?.stderr).toMatch(/level=error msg="test marked as failed: bad"/);
  expect(endings[11]?.stderr).toMatch(
    /level=error msg="Error: only logged.*executor=per-vu-iterations scenario=default/,
  );
});

it('no iteration begins after one that aborts the test, on the same thread', async () => {
  const ending = await runText(`
    import exec from 'k6/execution';
    export const options = { vus: 1, iterations: 1000 };
    export default function () {
      console.log('iteration ' + __ITER);
      if (__ITER === 2) exec.test.abort('enough');
    }
  `);
  expect(ending.code).toBe(108);
  expect(consoleLines(ending)).toEqual(['iteration 0', 'iteration 1', 'iteration 2']);
});
