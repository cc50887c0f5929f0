import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { GO_PROGRAMS } from './debian-packages.js';

/** Path of the Go tool; undefined on a machine without it. */
export function findGo(): string | undefined {
  return GO_PROGRAMS.find((program) => existsSync(program));
}

/**
 * Builds a module's folder, or one file (`what`), and resolves with the path of the program, which
 * is this process's own. The first build takes up to a minute and fills a cache; the packages that
 * a module needs come from the module proxy.
 */
export async function buildGo(cwd: string, what = '.'): Promise<string> {
  const go = findGo();
  if (go === undefined) throw new Error(`Go is missing at ${GO_PROGRAMS.join(', ')}`);
  const folder = join(tmpdir(), 'wsg-test-go');
  const program = join(folder, `${what === '.' ? 'module' : what}-${process.pid}`);
  const caches = { GOCACHE: join(folder, 'cache'), GOPATH: join(folder, 'path') };
  const env = { ...process.env, ...caches, GOFLAGS: '-buildvcs=false' };
  await promisify(execFile)(go, ['build', '-o', program, what], { cwd, env });
  return program;
}
