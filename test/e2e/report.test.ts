import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.js';
import { runWsg } from '../support/wsg-process.js';

describe('wsg report', () => {
  it('asks for a run when none is named, and ends with 2', async () => {
    const { code, stderr } = await runWsg(['report']);
    expect(stderr).toContain('Missing argument: the file of a run.');
    expect(code).toBe(2);
  });

  it.each([
    ['missing.run', undefined],
    ['foreign.run', 'hello\n'],
    ['empty.run', ''],
  ])('has a sentence and no stack for %s, and ends with 2', async (name, text) => {
    const cwd = await temporaryFolder();
    if (text !== undefined) await writeFile(join(cwd, name), text);
    const { code, stdout, stderr } = await runWsg(['report', name], { cwd });
    expect(stderr).toMatch(new RegExp(`^Error: .*${name}`));
    expect(stderr).not.toMatch(/^ {4}at /m);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  it('prints errors as JSON on standard output with --json', async () => {
    const { code, stdout } = await runWsg(['report', 'missing.run', '--json'], { cwd: await temporaryFolder() });
    expect(JSON.parse(stdout).error).toMatchObject({ code: 'run-file.not-found', exitCode: 2 });
    expect(code).toBe(2);
  });
});
