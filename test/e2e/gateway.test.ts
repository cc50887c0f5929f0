import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.js';
import { runWsg, WsgProcess, type WsgOptions } from '../support/wsg-process.js';

/** Starts a gateway on a free port; resolves with the URL of its endpoint. */
async function startGateway(args: readonly string[], options: WsgOptions = {}) {
  const wsg = new WsgProcess([...args, '--listen', '127.0.0.1:0', '--ready-fd', '3'], options);
  const { port } = await Promise.race([
    wsg.ready,
    wsg.ended.then((ending) => Promise.reject(new Error(ending.stderr))),
  ]);
  return { wsg, port, url: `ws://127.0.0.1:${port}/connect` };
}

async function connect(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url);
  onTestFinished(() => socket.terminate());
  await once(socket, 'open');
  return socket;
}

describe.each(['serve', 'devhelpers'])('wsg %s', (command) => {
  it('closes with 1001 on SIGTERM and ends with 0', async () => {
    const { wsg, url } = await startGateway([command], { cwd: await temporaryFolder() });
    const socket = await connect(url);
    const closed = once(socket, 'close');
    wsg.kill('SIGTERM');
    expect((await closed)[0]).toBe(1001);
    expect((await wsg.ended).code).toBe(0);
  });

  it('names the address when another process listens there, and ends with 15', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void other.close());
    await once(other, 'listening');
    const bound = other.address();
    if (bound === null || typeof bound === 'string') throw new Error('no port');
    const { code, stderr } = await runWsg([command, '--listen', `127.0.0.1:${bound.port}`], {
      cwd: await temporaryFolder(),
    });
    expect(stderr).toMatch(new RegExp(`^Error: .*127\\.0\\.0\\.1:${bound.port}`, 'm'));
    expect(stderr).not.toMatch(/^ {4}at /m);
    expect(code).toBe(15);
  });
});

describe('wsg serve', () => {
  it.each([[['-config', 'other.yml']], [['-config=other.yml']], [['--config=other.yml']], [['--config', 'other.yml']]])(
    'takes its configuration from %j',
    async (flags) => {
      const cwd = await temporaryFolder();
      await writeFile(join(cwd, 'other.yml'), 'listen_addr: 127.0.0.1:0\nendpoints:\n  - path: /elsewhere\n');
      const { port } = await startGateway(['serve', ...flags], { cwd });
      const socket = await connect(`ws://127.0.0.1:${port}/elsewhere`);
      expect(socket.readyState).toBe(WebSocket.OPEN);
    },
  );

  it('lists all problems of a configuration and ends with 104', async () => {
    const cwd = await temporaryFolder();
    await writeFile(join(cwd, 'config.yml'), 'listen_addr: nowhere\nendpoints:\n  - path: connect\n');
    const { code, stderr } = await runWsg(['serve'], { cwd });
    expect(stderr).toContain('config.yml:1:');
    expect(stderr).toContain('config.yml:3:');
    expect(code).toBe(104);
  });

  it('names a missing configuration and ends with 104', async () => {
    const { code, stderr } = await runWsg(['serve', '-config', 'missing.yml'], { cwd: await temporaryFolder() });
    expect(stderr).toContain("'missing.yml'");
    expect(code).toBe(104);
  });

  it('names a certificate that it cannot use and ends with 15', async () => {
    const cwd = await temporaryFolder();
    await writeFile(join(cwd, 'broken.pem'), 'no certificate');
    await writeFile(
      join(cwd, 'config.yml'),
      'listen_addr: 127.0.0.1:0\nendpoints:\n  - path: /connect\ntls:\n  cert_file: broken.pem\n  key_file: broken.pem\n',
    );
    const { code, stderr } = await runWsg(['serve'], { cwd });
    expect(stderr).toMatch(/^Error: .*broken\.pem/m);
    expect(code).toBe(15);
  });

  it('refuses a descriptor that is not open, before it listens', async () => {
    const { code, stderr } = await runWsg(['serve', '--listen', '127.0.0.1:0', '--ready-fd', '77']);
    expect(stderr).toContain('77');
    expect(code).toBe(2);
  });

  it('cuts at the second signal and ends with 130', async () => {
    const cwd = await temporaryFolder();
    await writeFile(
      join(cwd, 'config.yml'),
      'listen_addr: 127.0.0.1:0\nendpoints:\n  - path: /connect\ndrain:\n  pause_s: 60\n',
    );
    const { wsg } = await startGateway(['serve'], { cwd });
    wsg.kill('SIGTERM');
    await wsg.says(/gateway\.stopping/);
    await new Promise((resolve) => setTimeout(resolve, 300));
    wsg.kill('SIGINT');
    await wsg.says(/"reason":"SIGINT","events":0,"event":"gateway\.cut"/);
    expect((await wsg.ended).code).toBe(130);
  });
});
