import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.js';
import { runWsg, type Ending } from '../support/wsg-process.js';

let server: Server;
let requests: string[];
let origin: string;
let folder: string;

const FILES: Readonly<Record<string, string>> = {
  '/lib/main.js': `import { sleep } from 'k6'; import { twice } from './deep/twice.js'; export const slowly = (n) => { sleep(0.001); return twice(n); };`,
  '/lib/deep/twice.js': 'export const twice = (n) => n * 2;',
};

beforeEach(async () => {
  requests = [];
  folder = await temporaryFolder();
  server = createServer(({ url = '' }, response) => {
    requests.push(url);
    const text = FILES[url];
    response.writeHead(text === undefined ? 404 : 200).end(text);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  origin = typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : '';
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

async function run(path: string, ...flags: readonly string[]): Promise<Ending> {
  await writeFile(
    join(folder, 'script.js'),
    `import { slowly } from '${origin}${path}';\nexport default function () { console.log('got ' + slowly(21)); }`,
  );
  const args = ['loadtest', 'script.js', '-q', '--no-run', '--allow-saturated', ...flags];
  return runWsg(args, { cwd: folder, env: { XDG_CACHE_HOME: folder } });
}

describe('a script that imports from another machine', () => {
  it('is refused without the flag, with its name, and nothing is fetched', async () => {
    const { code, stderr } = await run('/lib/main.js');
    expect(code).toBe(107);
    expect(stderr).toMatch(/script\.js:1:\d+: The remote import .* requires --allow-remote-imports/);
    expect(requests).toEqual([]);
  });

  it('fetches each module once and keeps it with its checksum for later runs', async () => {
    const first = await run('/lib/main.js', '--allow-remote-imports');
    expect(first.code).toBe(0);
    expect(first.stderr).toMatch(/got 42/);
    expect(first.stderr).toMatch(/fetched .*\/lib\/deep\/twice\.js \(34 characters, SHA-256 [\da-f]{64}\)/);
    expect(requests.toSorted()).toEqual(['/lib/deep/twice.js', '/lib/main.js']);
    const second = await run('/lib/main.js', '--allow-remote-imports');
    expect(second.stderr).toMatch(/got 42/);
    expect(requests).toHaveLength(2);
  });

  it('fails when a kept module was changed', async () => {
    await run('/lib/main.js', '--allow-remote-imports');
    const kept = join(folder, 'wsg', 'remote');
    const [name = ''] = (await readdir(kept)).filter((file) => file.endsWith('.js'));
    await writeFile(join(kept, name), 'export const twice = () => 0;');
    const { code, stderr } = await run('/lib/main.js', '--allow-remote-imports');
    expect(code).toBe(107);
    expect(stderr).toMatch(/does not match its checksum: delete the file to fetch it again/);
  });

  it('fails with the reason when a module cannot be fetched', async () => {
    const { code, stderr } = await run('/lib/none.js', '--allow-remote-imports');
    expect(code).toBe(107);
    expect(stderr).toMatch(/The remote module .*none\.js cannot be fetched: 404 Not Found/);
  });
});
