import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

const PACKAGE = 'kosoku==0.1.0';
const DEBIAN_PACKAGES = 'python3 python3-venv';
const VENV = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'wsg', PACKAGE.replace('==', '-'));
/** Written when all is installed: a venv without it was cut short. */
const MARK = join(VENV, 'installed');

/**
 * Installs the Autobahn cases into a cache folder unless they are there; throws with the command
 * that is missing.
 */
export function installKosoku() {
  if (existsSync(MARK)) return;
  rmSync(VENV, { recursive: true, force: true });
  if (!makeVenv()) {
    installPython();
    rmSync(VENV, { recursive: true, force: true });
    if (!makeVenv()) throw new Error(`python3 -m venv ${VENV} fails`);
  }
  const pip = spawnSync(join(VENV, 'bin', 'pip'), ['install', '--quiet', PACKAGE], { encoding: 'utf8' });
  if (pip.status !== 0) throw new Error(`pip install ${PACKAGE} fails:\n${pip.stdout}${pip.stderr}`);
  writeFileSync(MARK, `${PACKAGE}\n`);
}

/**
 * Runs cases against the server at `url`: all but those that `exclude` names by globs. Resolves to
 * a list of `{ id, behavior, behaviorClose, detail }` in the order of the cases, failed or not.
 */
export async function runCases(url, { include = [], exclude = [] }) {
  const folder = mkdtempSync(join(tmpdir(), 'wsg-autobahn-'));
  try {
    const globs = [...include.flatMap((glob) => ['-i', glob]), ...exclude.flatMap((glob) => ['-x', glob])];
    const child = spawn(join(VENV, 'bin', 'kosoku'), [...globs, '-o', folder, url], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    await once(child, 'close');
    if (!existsSync(join(folder, 'index.json'))) throw new Error(`kosoku wrote no report:\n${output}`);
    return readResults(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readResults(folder) {
  const [cases] = Object.values(JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')));
  return Object.entries(cases).map(([id, { behavior, behaviorClose, reportfile }]) => {
    const { result, resultClose } = JSON.parse(readFileSync(join(folder, reportfile), 'utf8'));
    return { id, behavior, behaviorClose, detail: `${result} ${resultClose}` };
  });
}

function makeVenv() {
  return spawnSync('python3', ['-m', 'venv', VENV]).status === 0;
}

function installPython() {
  const how = `apt-get update && apt-get install -y --no-install-recommends ${DEBIAN_PACKAGES}`;
  const isRootOnDebian = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
  if (!isRootOnDebian) throw new Error(`Python's venv is missing; as root: ${how}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const { status, stderr } = spawnSync('sh', ['-c', how], { env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`'${how}' fails:\n${stderr}`);
}
