import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const PACKAGE = `node-${process.platform}-${process.arch}`;

/**
 * The program of a version of Node, such as `22` (the newest of these) or `20.15.0`: installed by
 * npm into a folder of `cache`. Throws when npm cannot install it and an earlier run has not left
 * one.
 */
export function fetchNode(version, cache) {
  const folder = join(cache, `node-${version}`);
  const program = join(folder, 'node_modules', PACKAGE, 'bin', 'node');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  try {
    const flags = ['--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--silent'];
    execFileSync('npm', ['install', ...flags, `${PACKAGE}@${version}`], { cwd: folder, stdio: 'pipe' });
  } catch (thrown) {
    if (!existsSync(program)) throw new Error(`npm cannot install ${PACKAGE}@${version}: ${thrown.message}`);
  }
  return program;
}

/** The version that the program reports: `v22.1.0`. */
export function versionOf(node) {
  return execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
}
