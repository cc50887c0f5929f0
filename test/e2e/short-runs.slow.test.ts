import { describe, expect, it } from 'vitest';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '../support/temporary-folder.js';
import { type Ending, runWsg } from '../support/wsg-process.js';

async function runStrictly(script: string, ...flags: readonly string[]): Promise<Ending> {
  const cwd = await temporaryFolder();
  await writeFile(join(cwd, 'script.js'), script);
  return runWsg(['loadtest', 'script.js', '-q', '--no-run', ...flags], { cwd });
}

const BODIES = ['', 'for (let n = 0; n < 3e7; n++);', 'sleep(0.2);', 'for (let n = 0; n < 1e8; n++); sleep(0.5);'];

describe('a run of less than three seconds', () => {
  it.each(BODIES)('is not judged, and ends as the script did: %s', async (body) => {
    const script = `import { sleep } from 'k6'; export default function () { ${body} }`;
    const { code, stdout } = await runStrictly(script);
    expect(stdout).toMatch(/too short to judge/);
    expect(stdout).not.toMatch(/INVALID/);
    expect(code).toBe(0);
  });

  it('is reported in JSON too', async () => {
    const { code, stdout } = await runStrictly('export default function () {}', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ wsg: { valid: true, health: { verdict: 'unjudged' } } });
    expect(code).toBe(0);
  });
});
