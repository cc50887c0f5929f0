import { cp, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.js';
import { runWsg, type Ending } from '../support/wsg-process.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Makes a project in which wsg and its dependencies are installed, without uWebSockets.js. */
async function project(): Promise<string> {
  const folder = await temporaryFolder();
  const modules = join(folder, 'node_modules');
  await mkdir(join(modules, 'wsg'), { recursive: true });
  await writeFile(join(folder, 'package.json'), '{}');
  for (const name of ['bin', 'dist', 'package.json', 'oclif.manifest.json']) {
    await cp(join(ROOT, name), join(modules, 'wsg', name), { recursive: true });
  }
  for (const name of await readdir(join(ROOT, 'node_modules'))) {
    if (name !== 'uWebSockets.js') await symlink(join(ROOT, 'node_modules', name), join(modules, name));
  }
  return folder;
}

/** Adds the package in the layout of its publisher: a module for `import` and one for `require`. */
async function addPackage(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  const at = join(folder, 'node_modules/uWebSockets.js');
  const exports = { import: './ESM_wrapper.mjs', require: './uws.js' };
  await mkdir(at);
  await writeFile(join(at, 'package.json'), JSON.stringify({ name: 'uWebSockets.js', version: '20.52.0', exports }));
  for (const name of ['uws.js', 'ESM_wrapper.mjs'])
    await cp(join(ROOT, 'node_modules/uWebSockets.js', name), join(at, name));
  for (const [name, text] of Object.entries(files)) await writeFile(join(at, name), text);
}

function serveOnUws(folder: string): Promise<Ending> {
  return runWsg(['serve', '--transport', 'uws', '--listen', '127.0.0.1:0'], {
    cwd: folder,
    entry: join(folder, 'node_modules/wsg/bin/run.js'),
  });
}

it('uws without its package ends with 15 and says how to install it', async () => {
  const folder = await project();
  const { code, stderr } = await serveOnUws(folder);
  expect(code).toBe(15);
  expect(stderr).toContain('The package uWebSockets.js is not installed (searched');
  expect(stderr).toContain(`npm install --prefix ${folder} github:uNetworking/uWebSockets.js#v`);
  expect(stderr).not.toContain(' at ');
  await writeFile(join(folder, 'config.yml'), 'endpoints: [{path: /ws}]\ntransport: uws\n');
  const entry = join(folder, 'node_modules/wsg/bin/run.js');
  const doctor = await runWsg(['doctor'], { cwd: folder, entry });
  expect(doctor.code).toBe(15);
  expect(doctor.stdout).toMatch(/^✗ transport uws: not installed$/m);
});

it('uws whose binary cannot be loaded ends with 15 and the reason, and no defect is logged', async () => {
  const folder = await project();
  const binary = `uws_${process.platform}_${process.arch}_${process.versions.modules}.node`;
  await addPackage(folder, {});
  const missing = await serveOnUws(folder);
  expect([missing.code, missing.stderr]).toEqual([15, expect.stringContaining(`${binary} is missing`)]);
  await writeFile(join(folder, 'node_modules/uWebSockets.js', binary), 'no machine code');
  const damaged = await serveOnUws(folder);
  expect([damaged.code, damaged.stderr]).toEqual([
    15,
    expect.stringContaining(`${binary} of uWebSockets.js@20.52.0 in`),
  ]);
  expect(missing.stdout + missing.stderr + damaged.stdout + damaged.stderr).not.toMatch(
    /gateway\.defect|unhandledRejection/,
  );
});
