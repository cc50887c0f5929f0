import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeEchoRun } from '../support/synthetic-run-file.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { runWsg } from '../support/wsg-process.js';

describe('wsg', () => {
  it('prints its version', async () => {
    const { code, stdout } = await runWsg(['--version']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^wsg\/\d+\.\d+\.\d+ \S+ node-v\d+/);
  });

  it('lists its commands', async () => {
    const { code, stdout } = await runWsg(['--help']);
    expect(code).toBe(0);
    for (const command of ['serve', 'devhelpers', 'doctor', 'loadtest', 'report'])
      expect(stdout).toContain(`  ${command} `);
  });

  it('explains each command', async () => {
    const helps = await Promise.all(
      ['serve', 'devhelpers', 'doctor', 'loadtest', 'report'].map((command) => runWsg([command, '--help'])),
    );
    for (const { code, stdout } of helps) {
      expect(code).toBe(0);
      expect(stdout).toContain('USAGE');
    }
  });

  it('names a flag that it does not know and ends with 2', async () => {
    const { code, stdout, stderr } = await runWsg(['serve', '--lsiten', '127.0.0.1:0']);
    expect(code).toBe(2);
    expect(stderr).toContain('--lsiten');
    expect(stderr).toContain('`wsg serve --help`');
    expect(stderr).not.toContain(' at ');
    expect(stdout).toBe('');
  });

  it('names a command that it does not know and ends with 2', async () => {
    const { code, stderr } = await runWsg(['laodtest']);
    expect(code).toBe(2);
    expect(stderr).toContain("wsg has no command 'laodtest'.");
    expect(stderr).toContain('Did you mean `wsg loadtest`?');
    expect(stderr).not.toContain(' at ');
  });
});

describe('the start of wsg', () => {
  /** The modules that a run of `wsg` has loaded, as V8 reports them. */
  async function loadedModules(args: readonly string[]): Promise<string[]> {
    const folder = await temporaryFolder();
    await runWsg(args, { env: { NODE_V8_COVERAGE: folder } });
    const files = await readdir(folder);
    const reports = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
    return reports.flatMap((text) => JSON.parse(text).result.map(({ url }: { readonly url: string }) => url));
  }

  it.each([
    [['--version']],
    [['report', '--help']],
    [['loadtest', '--help']],
    [['serve', '--help']],
    [['doctor', '--help']],
  ])('loads neither a layer nor a package beside oclif for %j', async (args) => {
    const modules = await loadedModules(args);
    const own = modules.filter((url) => url.includes('/dist/') && !/node_modules|^node:/.test(url));
    expect(own).not.toEqual([]);
    const packages = modules.flatMap((url) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? []);
    expect(own.filter((url) => !/\/dist\/(cli|core|commands)\//.test(url))).toEqual([]);
    for (const heavy of ['zod', 'yaml', 'pino', 'ws', 'uWebSockets.js', 'hdr-histogram-js', 'prom-client']) {
      expect(packages).not.toContain(heavy);
    }
  });

  it('loads no validation library for a comparison of two runs', async () => {
    const folder = await temporaryFolder();
    const [base, next] = [join(folder, 'base.run'), join(folder, 'new.run')];
    await Promise.all([writeEchoRun(base, 5), writeEchoRun(next, 5, { seed: 2 })]);
    const modules = await loadedModules(['report', base, next, '--gate', 'ws_rtt p(99) < +10%']);
    expect(modules.some((url) => url.endsWith('/dist/report/render/comparison-text.js'))).toBe(true);
    expect(modules.filter((url) => /node_modules\/(zod|yaml)\//.test(url))).toEqual([]);
  });

  it('loads oclif for no version', async () => {
    expect((await loadedModules(['--version'])).filter((url) => url.includes('@oclif'))).toEqual([]);
  });
});
