import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { consoleLines, runScriptFiles } from '../support/script-files.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { WsgProcess } from '../support/wsg-process.js';

/**
 * A library in one file that imports k6 itself, as k6chaijs does. Its analysis would take minutes.
 */
async function largeLibrary(): Promise<string> {
  const folder = await temporaryFolder();
  const outfile = join(folder, 'library.js');
  buildSync({
    stdin: { contents: "export * from 'yaml';", resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    outfile,
    logLevel: 'silent',
  });
  const waiting = `import { group as k6group } from 'k6';\nexport function describe(name, run) { let ok = true; k6group(name, () => { ok = run(); }); return ok; }\n`;
  return waiting + (await readFile(outfile, 'utf8'));
}

const SCRIPT = `import { describe, parse } from './library.js'; import { sleep } from 'k6';
  export default function () { console.log(describe('a group', () => { sleep(0.01); return parse('a: 5').a; })); }`;

describe('a script that is too large to analyse', () => {
  it('is loaded after a bounded amount of work, with a debug message, and waits where it blocks', async () => {
    const ending = await runScriptFiles({ 'script.js': SCRIPT, 'library.js': await largeLibrary() }, '-v');
    expect(ending.stderr).toMatch(/level=debug msg="the script is too large to be analysed as a whole/);
    expect(consoleLines(ending)).toEqual(['5']);
    expect(ending.code).toBe(0);
  });

  it('can be stopped while it is loading', async () => {
    const cwd = await temporaryFolder();
    await writeFile(join(cwd, 'script.js'), SCRIPT);
    await writeFile(join(cwd, 'library.js'), await largeLibrary());
    const wsg = new WsgProcess(['loadtest', 'script.js', '--no-run', '-v'], { cwd });
    await wsg.says(/too large to be analysed as a whole/);
    wsg.kill('SIGTERM');
    const { code, stderr } = await wsg.ended;
    expect(stderr).toMatch(/stopped by a signal before the run began/);
    expect(code).toBe(105);
  });
});
