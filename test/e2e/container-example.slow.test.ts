import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { TESTED_NODE_VERSIONS } from '../../src/gateway/doctor/judge-software.js';
import { freePort } from '../support/broker-process.js';
import { dockerStages, execForm, textsOf, type Stage } from '../support/dockerfile.js';
import { folderBytes } from '../support/installed-package.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const BUILD_BOUND_MS = 300_000;
const LONG = { timeout: 30_000, interval: 100 };
/** User and group `node` of the official images. */
const NODE_USER = 1000;
const run = promisify(execFile);

const [build, final] = dockerStages(await readFile(join(ROOT, 'examples/docker/Dockerfile'), 'utf8'));

describe('the Dockerfile', () => {
  it('copies only files that exist, and its ignore file lets nothing else in', async () => {
    const sources = [build, final]
      .flatMap((stage) => textsOf(stage, 'COPY'))
      .map((text) => text.split(' ').slice(0, -1))
      .filter(([first]) => first?.startsWith('--from=') !== true)
      .flat();
    expect(sources.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
    const ignored = await readFile(join(ROOT, 'examples/docker/Dockerfile.dockerignore'), 'utf8');
    const allowed = [...ignored.matchAll(/^!(.*)$/gm)].map(([, path]) => path);
    expect(new Set(allowed)).toEqual(new Set(sources));
  });

  it('builds and runs on a version of Node that is tested, on a system with glibc', () => {
    const [, major, variant] = /^node:(\d+)-(\w+)-slim$/.exec(build?.image ?? '') ?? [];
    expect(final?.image).toBe(build?.image);
    expect(TESTED_NODE_VERSIONS).toContain(major);
    expect(['bookworm', 'trixie']).toContain(variant);
  });

  it('starts Node as process 1, without a shell in between, and as a user other than root', () => {
    expect(execForm(textsOf(final, 'ENTRYPOINT').join())).toEqual(['wsg']);
    expect(execForm(textsOf(final, 'CMD').join())).toEqual(['serve', '--config', '/etc/wsg/config.yml']);
    expect(textsOf(final, 'STOPSIGNAL')).toEqual(['SIGTERM']);
    expect(textsOf(final, 'USER')).toEqual(['node']);
    const names = final?.instructions.map(({ name }) => name) ?? [];
    expect(names.indexOf('USER')).toBeGreaterThan(names.lastIndexOf('RUN'));
  });
});

describe('the image, made by the commands of the Dockerfile', () => {
  let folder: string;
  let image: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wsg-image-'));
    await chmod(folder, 0o755);
    image = join(folder, 'image');
    const built = join(folder, 'built');
    await makeStage(build, { root: built, context: ROOT });
    await makeStage(final, { root: image, context: ROOT, built });
  }, BUILD_BOUND_MS);

  afterAll(() => rm(folder, { recursive: true, force: true }), BUILD_BOUND_MS);

  it('has the runtime files, without build tools and without native code for the gateway', async () => {
    const modules = await readdir(join(image, 'opt/wsg/node_modules'));
    expect(modules).toContain('ws');
    for (const name of ['uWebSockets.js', 'typescript', 'vitest']) expect(modules).not.toContain(name);
    // The binary of esbuild (11 MB) is included once. Its install script, which is not run, would
    // hard-link a second name, and COPY would make a second file of it.
    expect(await folderBytes(join(image, 'opt/wsg'))).toBeLessThan(52_000_000);
    expect(await readlink(join(image, 'usr/local/bin/wsg'))).toBe(join(image, 'opt/wsg/bin/run.js'));
  });

  it('runs the gateway as its user and as process 1, passes its health check, and drains on its stop signal', async () => {
    const port = await freePort();
    const config = join(image, 'etc/wsg/config.yml');
    await mkdir(dirname(config), { recursive: true });
    const outbox = join(image, 'var/lib/wsg/outbox');
    await writeFile(config, `listen_addr: 127.0.0.1:${port}\nendpoints: [{path: /ws}]\noutbox: {dir: ${outbox}}\n`);
    const gateway = await start(image);
    await vi.waitFor(async () => expect(await healthCheck(port)).toBe(0), LONG);
    expect(await (await fetch(`http://127.0.0.1:${port}/healthz`)).text()).toMatch(/^transport: ws$/m);
    expect(await readdir(join(image, 'var/lib/wsg'))).toEqual(['outbox']);
    process.kill(gateway.pid, 'SIGTERM');
    expect(await gateway.exitCode).toBe(0);
    expect(await healthCheck(port)).toBe(1);
  });
});

interface StageFolders {
  /** Folder that is `/` in the stage. */
  readonly root: string;
  /** Folder that COPY reads. */
  readonly context: string;
  /** Folder that is `/` in the stage of COPY --from. */
  readonly built?: string;
}

/** Executes the instructions of a stage below a folder. */
async function makeStage(stage: Stage | undefined, { root, context, built = '' }: StageFolders): Promise<void> {
  let workFolder = root;
  for (const { name, text } of stage?.instructions ?? []) {
    if (name === 'WORKDIR') {
      workFolder = join(root, text);
      await mkdir(workFolder, { recursive: true });
    } else if (name === 'COPY') {
      const words = text.split(' ').filter((word) => !word.startsWith('--from='));
      const from = text.startsWith('--from=') ? built : context;
      await copyAll(
        words.slice(0, -1).map((path) => join(from, path)),
        join(workFolder, words.at(-1) ?? ''),
      );
    } else if (name === 'RUN') {
      await mkdir(join(root, 'usr/local/bin'), { recursive: true });
      await run('sh', ['-ec', relocated(text, root)], { cwd: workFolder, maxBuffer: 2 ** 26 });
    }
  }
}

/**
 * Copies as COPY does: into the target when it ends with `/` or is a folder, otherwise to that
 * name.
 */
async function copyAll(sources: readonly string[], target: string): Promise<void> {
  for (const source of sources) {
    const isInto = target.endsWith('/') || target.endsWith('/.') || sources.length > 1;
    await cp(source, isInto ? join(target, basename(source)) : target, { recursive: true });
  }
}

/**
 * Rewrites a command: the image's folders below another root, and the user `node` by its number.
 * Only root may give files to that user.
 */
function relocated(command: string, root: string): string {
  const moved = command.replace(/(?<=^|\s)\/(?=opt\/|usr\/|var\/)/g, `${root}/`);
  const isRoot = process.getuid?.() === 0;
  return moved.replace('-o node -g node', isRoot ? `-o ${NODE_USER} -g ${NODE_USER}` : '');
}

/**
 * Starts ENTRYPOINT and CMD: where this machine allows it, as process 1 of a namespace and as the
 * image's user.
 */
async function start(image: string): Promise<{ readonly pid: number; readonly exitCode: Promise<number | null> }> {
  const asProcessOne = ['--pid', '--fork', '--mount-proc', '--kill-child', 'setpriv', `--reuid=${NODE_USER}`];
  const wrapped = [...asProcessOne, `--regid=${NODE_USER}`, '--clear-groups'];
  const mayWrap = spawnSync('unshare', [...wrapped, process.execPath, '--version']).status === 0;
  const words = [...textsOf(final, 'ENTRYPOINT').flatMap(execForm), ...textsOf(final, 'CMD').flatMap(execForm)];
  const [program = '', ...args] = words.map((word) => (word.startsWith('/etc/') ? join(image, word) : word));
  const path = `${join(image, 'usr/local/bin')}:${dirname(process.execPath)}:/usr/bin:/bin`;
  const [command, ...rest] = mayWrap ? ['unshare', ...wrapped, program, ...args] : [program, ...args];
  const env = { PATH: path, NODE_ENV: 'production' };
  const child = spawn(command, rest, { cwd: join(image, 'var/lib/wsg'), env, stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  const exitCode = once(child, 'exit').then(([code]) => code);
  const outer = child.pid ?? 0;
  if (!mayWrap) return { pid: outer, exitCode };
  // Signals go to process 1 itself, as a container engine sends them; unshare does not forward its
  // own.
  const children = `/proc/${outer}/task/${outer}/children`;
  await vi.waitFor(() => expect(existsSync(children) && readFileSync(children, 'utf8').trim()).toMatch(/^\d+$/), LONG);
  return { pid: Number(readFileSync(children, 'utf8')), exitCode };
}

/** Runs the command of HEALTHCHECK, against another port. */
async function healthCheck(port: number): Promise<number> {
  const [, command = ''] = /CMD (\[.*\])$/.exec(textsOf(final, 'HEALTHCHECK').join()) ?? [];
  const [, ...args] = execForm(command.replace('8080', String(port)));
  const child = spawn(process.execPath, args, { stdio: 'ignore' });
  const [code] = await once(child, 'exit');
  return Number(code);
}
