import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The Debian that has it: glibc 2.41. */
export const NEWER_DEBIAN = 'trixie';
const PACKAGES = ['libc6', 'libstdc++6', 'libgcc-s1', 'patchelf'];
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/**
 * A copy of a Node that runs with the C library of a newer Debian, for native modules that want
 * one; what it starts keeps the system's. `ld-linux --library-path` would do without a copy, but
 * `process.execPath` would be the loader's then. Throws where apt does not have it.
 */
export function withNewerLibc(node, folder, cache) {
  const root = fetchLibraries(join(cache, NEWER_DEBIAN));
  const libraries = join(root, 'usr', 'lib', libraryFolder(root));
  const loader = join(libraries, loaderOf(libraries));
  const patch = (...args) =>
    execFileSync(loader, ['--library-path', libraries, join(root, 'usr/bin/patchelf'), ...args], { stdio: 'pipe' });
  mkdirSync(folder, { recursive: true });
  const copy = join(folder, `node-${process.pid}`);
  copyFileSync(node, copy);
  // In this order, one at a time: otherwise patchelf makes a program that cannot start.
  patch('--force-rpath', '--set-rpath', libraries, copy);
  patch('--set-interpreter', loader, copy);
  // Another run may be using the program that is there: it keeps the one that it has opened.
  const program = join(folder, 'node');
  renameSync(copy, program);
  return program;
}

/**
 * Downloads and unpacks the packages, once; resolves names with package lists of its own, from the
 * mirror that this system uses.
 */
function fetchLibraries(folder) {
  const root = join(folder, 'root');
  if (existsSync(root)) return root;
  const at = (name) => join(folder, name);
  for (const name of ['lists/partial', 'cache/archives/partial', 'packages']) mkdirSync(at(name), { recursive: true });
  const source = `Types: deb\nURIs: ${debianMirror()}\nSuites: ${NEWER_DEBIAN}\nComponents: main\nSigned-By: ${KEYRING}\n`;
  writeFileSync(at('newer.sources'), source);
  const settings = [
    `Dir::Etc::SourceList=${at('newer.sources')}`,
    'Dir::Etc::SourceParts=-',
    `Dir::State::Lists=${at('lists')}`,
    `Dir::Cache=${at('cache')}`,
    'APT::Sandbox::User=root',
  ].flatMap((setting) => ['-o', setting]);
  const options = { cwd: at('packages'), stdio: 'pipe' };
  execFileSync('apt-get', [...settings, '-qq', 'update'], options);
  execFileSync('apt-get', [...settings, '-qq', 'download', ...PACKAGES], options);
  const unpacked = at(`unpacked-${process.pid}`);
  for (const name of readdirSync(at('packages')))
    execFileSync('dpkg-deb', ['-x', join(at('packages'), name), unpacked]);
  // Whole or not at all; when another run was faster, its folder is as good.
  if (existsSync(root)) rmSync(unpacked, { recursive: true, force: true });
  else renameSync(unpacked, root);
  return root;
}

function debianMirror() {
  const args = ['indextargets', '--format', '$(REPO_URI)', 'Created-By: Packages', 'Label: Debian'];
  const { stdout, error } = spawnSync('apt-get', args, { encoding: 'utf8' });
  const mirror = stdout?.split('\n')[0];
  if (error !== undefined || !mirror) throw new Error('apt has no Debian mirror here, so there is no newer glibc');
  return mirror;
}

/** `x86_64-linux-gnu` or its like. */
function libraryFolder(root) {
  return only(join(root, 'usr', 'lib'), /-linux-gnu$/);
}

function loaderOf(libraries) {
  return only(libraries, /^ld-linux.*\.so\.\d+$/);
}

function only(folder, pattern) {
  const name = readdirSync(folder).find((entry) => pattern.test(entry));
  if (name === undefined) throw new Error(`${folder} has no entry like ${pattern}`);
  return name;
}
