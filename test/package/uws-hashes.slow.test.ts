import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { fileSha256 } from '../../src/gateway/transport/uws/uws-package.js';

const FOLDER = dirname(createRequire(import.meta.url).resolve('uWebSockets.js'));
const PINNED = new URL('../../docs/reference/uwebsockets-3.0.6.sha256', import.meta.url);

/** Whether a process runs this file of the package: a native library or its loader. */
function isCode(name: string): boolean {
  return name.endsWith('.node') || ['ESM_wrapper.mjs', 'package.json', 'uws.js'].includes(name);
}

it('the copy of uWebSockets.js that tests run on is the one whose hashes the documentation lists, for all platforms', async () => {
  const lines = (await readFile(PINNED, 'utf8')).trim().split('\n');
  const pinned = lines.map((line) => line.split('  '));
  const names = new Set((await readdir(FOLDER)).filter(isCode));
  expect(new Set(pinned.map(([, name]) => name))).toEqual(names);
  expect(names.size).toBeGreaterThan(50);
  const found = pinned.map(([, name = '']) => [fileSha256(join(FOLDER, name)), name]);
  expect(found).toEqual(pinned);
});

it('the native libraries for Linux on x64 are those that were examined', async () => {
  const text = await readFile(PINNED, 'utf8');
  for (const [abi, sha256] of [
    [115, 'f4fa5d7b697529b45ac8aa3d57385d9af51bc1d2b26aa9f5b68ca4361542e665'],
    [127, '78e38a9a163b1cf33ce539619e5908111dea95a12e7943d95fbcdd524879caa8'],
    [137, '3b549c14e01d9d1faf234cdf4b6f0fb08158605e3692cd0eb1b905e327bd3449'],
  ]) {
    expect(text).toContain(`${sha256}  uws_linux_x64_${abi}.node\n`);
  }
});
