import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.js';
import { runWsg } from '../support/wsg-process.js';

async function warningsOf(script: string): Promise<string[]> {
  const path = join(await temporaryFolder(), 'script.js');
  await writeFile(path, script);
  const { stderr } = await runWsg(['loadtest', path, '--no-run', '-q', '--summary-mode=disabled', '--allow-saturated']);
  // A busy machine may add a warning that actions ran late.
  return stderr.split('\n').filter((line) => line.includes('level=warning') && !line.includes(' ms late in second'));
}

/** Warnings that k6 1.3.0 prints for the same scripts. */
describe('warnings of a run', () => {
  it('name a scenario that lacks virtual users, once', async () => {
    const warnings = await warningsOf(`
      import { sleep } from 'k6';
      const rate = { executor: 'constant-arrival-rate', rate: 20, duration: '2s', preAllocatedVUs: 1, gracefulStop: '0s' };
      export const options = { scenarios: { few: { ...rate, maxVUs: 2 }, enough: { ...rate, rate: 1, maxVUs: 5 } } };
      export default function () { sleep(0.5); }`);
    expect(warnings.filter((line) => line.includes('Insufficient VUs'))).toEqual([
      expect.stringMatching(
        /msg="Insufficient VUs, reached 2 active VUs and cannot initialize more" executor=constant-arrival-rate scenario=few$/,
      ),
    ]);
  });

  it('appear when no iteration was completed, and not when one was', async () => {
    const script = (seconds: number): string => `
      import { sleep } from 'k6';
      export const options = { scenarios: { only: { executor: 'constant-vus', vus: 1, duration: '1s', gracefulStop: '0s' } } };
      export default function () { sleep(${seconds}); }`;
    const text = 'No script iterations fully finished, consider making the test duration longer';
    expect(await warningsOf(script(60))).toEqual([expect.stringContaining(`msg="${text}"`)]);
    expect(await warningsOf(script(0.1))).toEqual([]);
  });

  it('name options that have no effect', async () => {
    const warnings = await warningsOf(`
      export const options = { vus: 5, thresholds: { 'iterations{vu:1}': ['count>=0'] } };
      export default function () {}`);
    expect(warnings).toEqual([
      expect.stringContaining('vus: it has no effect without iterations, duration or stages: 1 iteration of 1 VU runs'),
      expect.stringContaining(`iterations{vu:1}: it selects nothing: 'vu' is metadata`),
    ]);
  });
});
