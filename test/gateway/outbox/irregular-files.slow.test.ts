import { execFileSync } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { WsgProcess } from '../../support/wsg-process.js';

const START_MS = 30_000;

/** Things that may be in the place of a file of the outbox. */
const INTRUDERS: Readonly<Record<string, (path: string) => Promise<void>>> = {
  'a named pipe': (path) => makePipe(path),
  'a link to a named pipe': async (path) => {
    await makePipe(`${path}.pipe`);
    await symlink(`${path}.pipe`, path);
  },
  'a link to a device': (path) => symlink('/dev/zero', path),
  'a folder': (path) => mkdir(path),
  'a socket': async (path) => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(path, resolve));
    onTestFinished(() => void server.close());
  },
};

const LOCK = 'outbox/lock';
const OTHER_FILES = {
  'a segment': 'outbox/00000001.log',
  'the file of dead letters': 'outbox/dead-letters/webhook.jsonl',
  'dead letters put aside': 'outbox/dead-letters/webhook.001700000000000-00c0ffee.jsonl',
};

describe('a start of the gateway', () => {
  it.each(Object.entries(INTRUDERS))('names the lock when it is %s', { timeout: START_MS }, async (_what, put) => {
    const { path, code, stderr } = await startBeside(LOCK, put);
    expect(stderr).toContain(`${path} is not a regular file`);
    expect(code).toBe(15);
  });

  it.each(Object.entries(OTHER_FILES))('names %s when it is a named pipe', { timeout: START_MS }, async (_, name) => {
    const { path, code, stderr } = await startBeside(name, makePipe);
    expect(stderr).toContain(`${path} is not a regular file`);
    expect(code).toBe(15);
  });
});

/** Runs in another process: an open that blocks on a pipe would keep this one from ending. */
async function startBeside(name: string, put: (path: string) => Promise<void>) {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'outbox/dead-letters'), { recursive: true });
  await put(join(folder, name));
  const config = [
    'listen_addr: 127.0.0.1:0',
    'endpoints: [{path: /connect}]',
    'stream_webhook: {url: "http://127.0.0.1:1/"}',
    'outbox: {dir: outbox}',
  ];
  await writeFile(join(folder, 'config.yml'), `${config.join('\n')}\n`);
  const { code, stderr } = await new WsgProcess(['serve'], { cwd: folder }).ended;
  return { path: join(folder, name), code, stderr };
}

async function makePipe(path: string): Promise<void> {
  execFileSync('mkfifo', [path]);
}
