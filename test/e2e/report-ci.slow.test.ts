import { once } from 'node:events';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.js';
import { runWsg } from '../support/wsg-process.js';

const ROOT = join(import.meta.dirname, '..', '..');
const SLOW = { timeout: 240_000 };
const LOAD = ['--', '--scenario', 'echo', '--vus', '5', '--rate', '50', '--duration', '4s', '--allow-saturated'];
const GATE = ['--gate', 'ws_rtt p(50) < +50%'];

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

let cwd: string;
let url: string;

/** Makes a checkout whose server answers after `delayMs`. */
async function checkout(name: string, delayMs: number): Promise<void> {
  const folder = join(cwd, name);
  await mkdir(folder);
  await copyFile(join(ROOT, 'examples', 'ci', 'test-server.mjs'), join(folder, 'server.mjs'));
  await writeFile(join(folder, 'start.sh'), `TARGET=${url} DELAY_MS=${delayMs} node server.mjs\n`);
}

beforeEach(async () => {
  cwd = await temporaryFolder();
  url = `ws://127.0.0.1:${await freePort()}/`;
  await checkout('base', 10);
});

const START = ['--start', 'sh start.sh'];
const ci = (...args: readonly string[]) =>
  runWsg(['report', 'ci', '--base', 'base', '--url', url, ...args], {
    cwd,
  });

describe('wsg report ci', () => {
  it('loads base and head in turn and stops a head that is slower', SLOW, async () => {
    // Far more than runs differ on a busy machine.
    await checkout('slow', 400);
    const { code, stdout, stderr } = await ci(
      ...START,
      '--head',
      'slow',
      '--json',
      '--output',
      'ci.md',
      ...GATE,
      ...LOAD,
    );
    expect(stderr.match(/^run \d of 4: \w+/gm)).toEqual(
      [1, 2, 3, 4].flatMap((turn) => [`run ${turn} of 4: base`, `run ${turn} of 4: head`]),
    );
    const { settings, base, next, gates, because } = JSON.parse(stdout);
    // On a busy machine the generator may be the bottleneck, and the head is not judged. Nothing
    // else may prevent a verdict, and the head never passes.
    expect(code, because).toBe(/the generator was /.test(because) ? 13 : 10);
    expect(settings.method).toBe('many-against-many');
    expect([base.length, next.length]).toEqual([4, 4]);
    expect(next[0].labels.side).toBe('head');
    expect(gates[0].change).toBeGreaterThan(1);
    expect(await readFile(join(cwd, 'ci.md'), 'utf8')).toMatch(/^\*\*[✗!] /);
  });

  it('prints the output of a server that does not start, and names a port that is taken', SLOW, async () => {
    const broken = await ci('--start', 'echo no such module >&2; exit 3', ...LOAD);
    expect(broken.code).toBe(15);
    expect(broken.stderr).toContain(
      "'echo no such module >&2; exit 3' in base exited before it listened.\n  - no such module",
    );
    const other = createServer().listen(Number(new URL(url).port), '127.0.0.1');
    await once(other, 'listening');
    const taken = await ci(...START, ...LOAD);
    other.close();
    expect(taken.code).toBe(15);
    expect(taken.stderr).toContain('Another process already listens at');
  });

  it('refuses options that it cannot follow', async () => {
    for (const args of [
      ['--baseline', 'main'],
      ['--', '--run', 'x.run'],
      ['--url', 'nowhere'],
    ]) {
      const { code } = await ci(...START, ...args);
      expect(code, args.join(' ')).toBe(2);
    }
  });
});
