import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { expect, it, onTestFinished } from 'vitest';
import { WsgProcess } from '../support/wsg-process.js';

const CONFIG = fileURLToPath(new URL('../../examples/plugin/config.yml', import.meta.url));

it('examples/plugin sends the time to connections with its tag, and stops with the gateway', async () => {
  const gateway = new WsgProcess(['serve', '--config', CONFIG, '--listen', '127.0.0.1:0', '--ready-fd', '3']);
  const failed = gateway.ended.then((ending) => Promise.reject(new Error(ending.stderr)));
  const { port } = await Promise.race([gateway.ready, failed]);
  failed.catch(() => undefined);
  const client = new WebSocket(`ws://127.0.0.1:${port}/connect`);
  onTestFinished(() => client.terminate());
  const [message] = await once(client, 'message');
  expect(Number.isNaN(Date.parse(String(message)))).toBe(false);
  const closed = once(client, 'close');
  gateway.kill('SIGTERM');
  expect((await closed)[0]).toBe(1001);
  expect((await gateway.ended).code).toBe(0);
});
