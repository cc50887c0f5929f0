import { copyFile } from 'node:fs/promises';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { ExampleProgram } from '../support/example-program.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const SERVER = fileURLToPath(new URL('../../examples/ci/test-server.mjs', import.meta.url));

/** Starts a copy of the server in a folder without packages, and connects to it. */
async function connect(env: NodeJS.ProcessEnv = {}): Promise<WebSocket> {
  const cwd = await temporaryFolder();
  await copyFile(SERVER, join(cwd, 'server.mjs'));
  const options = { cwd, env: { TARGET: 'ws://127.0.0.1:0/', ...env } };
  const server = new ExampleProgram(process.execPath, ['server.mjs'], options);
  const [line = ''] = await server.until(/^listening on \d+$/);
  const socket = new WebSocket(`ws://127.0.0.1:${line.replace('listening on ', '')}/`);
  onTestFinished(() => socket.terminate());
  await once(socket, 'open');
  return socket;
}

it('examples/ci/test-server.mjs echoes text, binary, fragments and pings, and needs no package', async () => {
  const socket = await connect();
  const echoes: (readonly [string, boolean])[] = [];
  socket.on('message', (message: Buffer, isBinary) => echoes.push([message.toString('latin1'), isBinary]));
  socket.on('pong', (payload) => echoes.push([`pong ${payload.toString()}`, false]));
  const sizes = [0, 1, 125, 126, 65_535, 65_536, 300_000];
  for (const size of sizes) socket.send('x'.repeat(size));
  socket.send(Buffer.from([0, 255, 1]));
  socket.send('in ', { fin: false });
  socket.send('fragments');
  const everything = [
    ...sizes.map((size) => ['x'.repeat(size), false]),
    ['\u0000\u00ff\u0001', true],
    ['in fragments', false],
  ];
  await expect.poll(() => echoes.length).toBe(everything.length);
  expect(echoes).toEqual(everything);
  socket.ping('here');
  await expect.poll(() => echoes.at(-1)).toEqual(['pong here', false]);
  const closed = once(socket, 'close');
  socket.close(4001, 'bye');
  expect((await closed)[0]).toBe(4001);
});

it('examples/ci/test-server.mjs answers after DELAY_MS, in order', async () => {
  const socket = await connect({ DELAY_MS: '50' });
  const sentAt = performance.now();
  for (const text of ['1', '2', '3']) socket.send(text);
  const echoes: string[] = [];
  socket.on('message', (message: Buffer) => echoes.push(message.toString()));
  await expect.poll(() => echoes).toEqual(['1', '2', '3']);
  expect(performance.now() - sentAt).toBeGreaterThanOrEqual(49);
});
