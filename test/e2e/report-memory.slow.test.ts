import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { EXIT_CODE } from '../../src/cli/exit-code.js';
import { writeLongRun } from '../../bench/support/long-run.mjs';
import { temporaryFolder } from '../support/temporary-folder.js';

const ENTRY = fileURLToPath(new URL('../../bin/run.js', import.meta.url));
/**
 * Prints the peak memory of the process at its end. On Linux a child's maxRSS begins with that of
 * its parent, so it cannot be used.
 */
const PRELOAD = `data:text/javascript,${encodeURIComponent(`
  import { readFileSync } from 'node:fs';
  process.on('exit', () => process.stderr.write(/VmHWM:.*/.exec(readFileSync('/proc/self/status', 'utf8'))[0]));`)}`;
/** Passed, a regression, or inconclusive. */
const VERDICTS: readonly (number | null)[] = [EXIT_CODE.ok, EXIT_CODE.regression, EXIT_CODE.inconclusive];
const DAY_S = 86_400;
/**
 * Bound that the documentation promises for Node 20. Newer versions of V8 keep more garbage: 221 MB
 * on Node 24.
 */
const DAYS_MB = Number(process.versions.node.split('.')[0]) > 20 ? 260 : 200;
const SUBMETRICS = Array.from({ length: 10_000 }, (_, index) => `metric_00{name:/path/${index}}`);

/** Peak memory of a command, in MB. */
async function memoryOf(args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, ['--import', PRELOAD, ENTRY, 'report', ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  expect(VERDICTS, said).toContain(code);
  return Number(/VmHWM:\s+(\d+) kB/.exec(said)?.[1]) / 1024;
}

/** Two runs of this shape. */
async function twoRuns(seconds: number, options: Parameters<typeof writeLongRun>[2]): Promise<readonly string[]> {
  const folder = await temporaryFolder();
  const runs = ['a.run', 'b.run'].map((name) => join(folder, name));
  for (const run of runs) await writeLongRun(run, seconds, options);
  return runs;
}

it.skipIf(process.platform !== 'linux')('compares two runs of a day in 200 MB', { timeout: 600_000 }, async () => {
  const runs = await twoRuns(DAY_S, { samples: 20, series: ['metric_00', 'metric_01'] });
  const gates = ['metric_00 p(50) < +10%', 'metric_00 p(99) < +10%', 'metric_01 p(95) < +10%'];
  expect(await memoryOf([...runs, ...gates.flatMap((gate) => ['--gate', gate])])).toBeLessThan(DAYS_MB);
});

it.skipIf(process.platform !== 'linux')('reads ten thousand submetrics in 500 MB', { timeout: 600_000 }, async () => {
  const [base = '', next = ''] = await twoRuns(5, { samples: 60, series: ['metric_00', ...SUBMETRICS] });
  expect(await memoryOf([base, next, '--gate', 'metric_00 p(50) < +10%'])).toBeLessThan(500);
  expect(await memoryOf([base])).toBeLessThan(500);
  expect(await memoryOf([base, '--output', join(await temporaryFolder(), 'a.html')])).toBeLessThan(500);
});
