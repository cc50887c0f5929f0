import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  folderBytes,
  installedEntry,
  installNode,
  installPackages,
  listTarball,
  packPackage,
  yarnAdd,
} from '../support/installed-package.js';
import { runWsg, WsgProcess, type WsgOptions } from '../support/wsg-process.js';

const INSTALL_BOUND_MS = 240_000;
/** Bound on the disk space of an installation. */
const MAX_BYTES = 55_000_000;

let folder: string;
let tarball: string;
/** Folder of Yarn 1 and of the cache that its runs share. */
let yarn: Promise<string>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wsg-package-'));
  tarball = await packPackage(folder);
  yarn = emptyFolder('yarn').then(async (tools) => {
    await installPackages(tools, ['yarn@1']);
    return tools;
  });
}, INSTALL_BOUND_MS);

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Makes an empty folder below that of the tests. */
async function emptyFolder(name: string): Promise<string> {
  const path = join(folder, name);
  await mkdir(path);
  return path;
}

/**
 * Runs the commands as a user types them: a gateway, a load test against it, a report. Resolves
 * with the gateway's answer about its health.
 */
async function typeTheCommands(options: WsgOptions & { readonly cwd: string }): Promise<string> {
  const version = await runWsg(['--version'], options);
  expect(version.stdout).toMatch(/^wsg\//);
  const serve = new WsgProcess(['devhelpers', '--listen', '127.0.0.1:0', '--ready-fd', '3'], options);
  const { port } = await Promise.race([
    serve.ready,
    serve.ended.then((ending) => Promise.reject(new Error(ending.stderr))),
  ]);
  const health = await (await fetch(`http://127.0.0.1:${port}/healthz`)).text();
  const load = await runWsg(
    [
      'loadtest',
      '--url',
      `ws://127.0.0.1:${port}/connect`,
      '-u',
      '2',
      '-d',
      '1s',
      '--graceful-stop',
      '0s',
      '--run',
      'a.run',
      '--allow-saturated',
    ],
    options,
  );
  expect(load, load.stderr).toMatchObject({ code: 0 });
  const report = await runWsg(['report', 'a.run'], options);
  expect(report, report.stderr).toMatchObject({ code: 0 });
  expect(report.stdout).toContain('ws_msgs_received');
  serve.kill('SIGTERM');
  expect((await serve.ended).code).toBe(0);
  return health;
}

describe('the package', () => {
  it('has the runtime files, the pages that errors and the README point to, and nothing else', async () => {
    const paths = await listTarball(tarball);
    const top = new Set(paths.map((path) => (path.startsWith('bench/') ? 'bench/results' : path.split('/')[0])));
    const code = ['bin', 'dist', 'oclif.manifest.json', 'package.json'];
    const pages = [
      'CHANGELOG.md',
      'CONTRIBUTING.md',
      'LICENSE',
      'README.md',
      'bench/results',
      'deploy',
      'docs',
      'examples',
    ];
    expect(top).toEqual(new Set([...code, ...pages]));
    expect(paths.filter((path) => /^bench\/(?!results\/)/.test(path))).toEqual([]);
    expect(paths.filter((path) => path.startsWith('bin/'))).toEqual(['bin/run.js']);
    expect(paths.filter((path) => path.startsWith('dist/') && !path.endsWith('.js'))).toEqual([]);
    expect(paths.filter((path) => path.includes('node_modules'))).toEqual([]);
  });

  it(
    'runs from any folder where it is installed',
    async () => {
      const prefix = await emptyFolder('whole');
      await installPackages(prefix, [tarball]);
      const cwd = await emptyFolder('whole-elsewhere');
      await typeTheCommands({ entry: await installedEntry(prefix), cwd });
      expect(await readdir(cwd)).toEqual(['a.run']);
    },
    INSTALL_BOUND_MS,
  );

  it(
    'runs on the ws transport, without uWebSockets.js, and takes less than 50 MB',
    async () => {
      const prefix = await emptyFolder('lean');
      await installPackages(prefix, [tarball], ['--omit=dev']);
      const modules = join(prefix, 'node_modules');
      expect(await readdir(modules)).not.toContain('uWebSockets.js');
      expect(await folderBytes(modules)).toBeLessThan(MAX_BYTES);
      const cwd = await emptyFolder('lean-elsewhere');
      expect(await typeTheCommands({ entry: await installedEntry(prefix), cwd })).toMatch(/^transport: ws$/m);
    },
    INSTALL_BOUND_MS,
  );

  it.each(['20.15.0', '22', '24'])(
    'is installed by npm --engine-strict and by Yarn 1 under Node %s, and runs',
    async (version) => {
      const tools = await emptyFolder(`node-${version}`);
      const node = await installNode(tools, version);
      const byNpm = await emptyFolder(`npm-${version}`);
      await installPackages(byNpm, [tarball], ['--engine-strict'], node);
      const byYarn = await emptyFolder(`yarn-${version}`);
      await yarnAdd(byYarn, [`file:${tarball}`], await yarn, node);
      for (const project of [byNpm, byYarn]) {
        expect(await folderBytes(join(project, 'node_modules'))).toBeLessThan(MAX_BYTES);
        const told = await runWsg(['--version'], { entry: await installedEntry(project), node });
        expect([told.code, told.stdout]).toEqual([0, expect.stringContaining(`node-v${version}`)]);
      }
      const cwd = await emptyFolder(`node-${version}-elsewhere`);
      expect(await typeTheCommands({ entry: await installedEntry(byNpm), node, cwd })).toMatch(/^ok$/m);
    },
    INSTALL_BOUND_MS,
  );
});
