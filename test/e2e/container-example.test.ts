import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.js';
import { WsgProcess } from '../support/wsg-process.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The sources of each COPY out of the checkout, and of those out of the first stage. */
async function copied(): Promise<{ readonly checkout: string[]; readonly build: string[]; readonly text: string }> {
  const text = await readFile(join(ROOT, 'examples/docker/Dockerfile'), 'utf8');
  const lines = [...text.matchAll(/^COPY (.*) \S+$/gm)].map(([, sources = '']) => sources.split(' '));
  const isBuilt = ([first = '']: readonly string[]): boolean => first.startsWith('--from=build');
  return {
    text,
    checkout: lines.filter((sources) => !isBuilt(sources)).flat(),
    build: lines.filter(isBuilt).flatMap(([, ...sources]) => sources),
  };
}

describe('the Dockerfile', () => {
  it('copies what there is, and its ignore file lets nothing else in', async () => {
    const { checkout, build } = await copied();
    expect(checkout.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
    expect(build).toEqual(['/build/dist', '/build/node_modules']);
    const ignored = await readFile(join(ROOT, 'examples/docker/Dockerfile.dockerignore'), 'utf8');
    const allowed = [...ignored.matchAll(/^!(.*)$/gm)].map(([, path]) => path);
    expect(new Set(allowed)).toEqual(new Set(checkout));
  });

  it('copies enough to run, and its health check tells a gateway that answers from one that does not', async () => {
    const { checkout, text } = await copied();
    const image = await temporaryFolder();
    const runtime = checkout.filter((path) => !['src', 'tsconfig.json', 'package-lock.json'].includes(path));
    for (const path of [...runtime, 'dist']) await cp(join(ROOT, path), join(image, path), { recursive: true });
    await symlink(join(ROOT, 'node_modules'), join(image, 'node_modules'));
    await mkdir(join(image, 'work'));
    const gateway = new WsgProcess(['serve', '--listen', '127.0.0.1:0', '--ready-fd', '3'], {
      entry: join(image, 'bin/run.js'),
      cwd: join(image, 'work'),
    });
    const { port } = await gateway.ready;
    expect(await healthCheck(text, port)).toBe(0);
    gateway.kill('SIGTERM');
    expect((await gateway.ended).code).toBe(0);
    expect(await healthCheck(text, port)).toBe(1);
  });
});

/** Runs the command of HEALTHCHECK against another port. */
async function healthCheck(dockerfile: string, port: number): Promise<number> {
  const [, command = ''] = /^HEALTHCHECK [^\n]*\\\n\s*CMD (\[.*\])$/m.exec(dockerfile) ?? [];
  const [, ...args]: string[] = JSON.parse(command.replace('8080', String(port)));
  const child = spawn(process.execPath, args, { stdio: 'ignore' });
  const [code] = await once(child, 'exit');
  return Number(code);
}
