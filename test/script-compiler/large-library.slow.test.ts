import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { compileScript } from '../../src/script-compiler/compile-script.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { BlockingThread } from './differential/blocking-thread.js';
import { runRewritten } from './differential/rewritten-run.js';

const thread = new BlockingThread();
afterAll(() => thread.stop());

/** Writes a script next to a package that would take minutes to analyse as a whole. */
async function beside(script: string): Promise<string> {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'node_modules'));
  await symlink(dirname(dirname(fileURLToPath(import.meta.resolve('yaml')))), join(folder, 'node_modules/yaml'));
  await writeFile(join(folder, 'package.json'), '{}');
  await writeFile(join(folder, 'script.js'), script);
  return join(folder, 'script.js');
}

describe('a library that is too large to be analysed', () => {
  it('is usable unmodified by a script that blocks around it', async () => {
    const path = await beside(`import { parse, visit, parseDocument } from 'yaml'; import { sleep } from 'k6';
      const wait = (n) => { sleep(n); return n; };
      export default () => { const seen = []; visit(parseDocument('[a, b]'), { Scalar: (_, node) => void seen.push(node.value) });
        return [parse('{ n: 2 }').n + wait(1), seen, parse('[1, 2]').map((n) => wait(n))]; };`);
    const lines = await runRewritten(await compileScript({ path }), ['default']);
    expect(lines).toEqual(await thread.run(path, ['default']));
    expect(lines.at(-1)).toBe('returned [3,["a","b"],[1,2]]');
  });

  it('must not receive a function that blocks', async () => {
    const path = await beside(`import { visit, parseDocument } from 'yaml';
import { sleep } from 'k6';
export default () => visit(parseDocument('[a]'), { Scalar: () => { sleep(1); } });`);
    await expect(compileScript({ path })).rejects.toMatchObject({
      code: 'script.invalid',
      message: expect.stringMatching(/^script\.js:3:22: .*a library that is too large to be analysed/),
    });
  });
});
