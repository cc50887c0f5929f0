import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const run = promisify(execFile);

/** Packs this checkout as it was built; resolves with the tarball's path. */
export async function packPackage(folder: string): Promise<string> {
  // No scripts: prepack would remove dist/, which other tests use at the same time.
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder], {
    cwd: ROOT,
  });
  return join(folder, stdout.trim().split('\n').at(-1) ?? '');
}

/** The paths in a tarball, without npm's prefix `package/`. */
export async function listTarball(tarball: string): Promise<string[]> {
  const { stdout } = await run('tar', ['-tzf', tarball]);
  return stdout
    .trim()
    .split('\n')
    .map((path) => path.replace(/^package\//, ''));
}

/** Installs packages from the registry, or tarballs, into a prefix. */
export async function installPackages(
  prefix: string,
  packages: readonly string[],
  flags: readonly string[] = [],
  node?: string,
): Promise<void> {
  await run('npm', ['install', '--prefix', prefix, '--no-audit', '--no-fund', '--silent', ...flags, ...packages], {
    cwd: prefix,
    env: withNode(node),
  });
}

/**
 * Adds packages to a folder with Yarn 1, which fails when the `engines` of any package exclude this
 * Node. Yarn itself is installed in `tools`.
 */
export async function yarnAdd(folder: string, packages: readonly string[], tools: string, node: string): Promise<void> {
  const yarn = join(tools, 'node_modules', 'yarn', 'bin', 'yarn.js');
  const args = ['add', '--non-interactive', '--silent', '--cache-folder', join(tools, 'yarn-cache'), ...packages];
  await run(node, [yarn, ...args], { cwd: folder, env: withNode(node) });
}

/** An environment in which scripts with `#!/usr/bin/env node` run on the given Node. */
function withNode(node: string | undefined): NodeJS.ProcessEnv {
  return node === undefined
    ? process.env
    : { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env['PATH']}` };
}

/** Disk space of the files below a folder, in bytes. */
export async function folderBytes(folder: string): Promise<number> {
  const { stdout } = await run('du', ['-sk', folder]);
  return Number.parseInt(stdout, 10) * 1024;
}

/** Path of the script behind an installed `wsg`. */
export async function installedEntry(prefix: string): Promise<string> {
  const entry = join(prefix, 'node_modules', 'wsg', 'bin', 'run.js');
  await access(join(prefix, 'node_modules', '.bin', 'wsg'));
  return entry;
}

/** Installs Node from the npm package `node`; resolves with its path. */
export async function installNode(prefix: string, version: number | string): Promise<string> {
  await installPackages(prefix, [`node@${version}`]);
  return join(prefix, 'node_modules', 'node', 'bin', 'node');
}
