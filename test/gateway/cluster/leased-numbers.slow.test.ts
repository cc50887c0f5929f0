import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { startRedis } from '../../support/redis-broker.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { WsgProcess } from '../../support/wsg-process.js';

const LEASED = /"node":"(\w{4})","event":"cluster\.number-leased"/;
const listing = z.object({ nodes: z.array(z.object({ node: z.string() })) });

/** Starts gateways of one cluster over Redis, which lease their numbers. */
async function clusterStarter(): Promise<() => WsgProcess> {
  const redis = await startRedis();
  onTestFinished(() => redis.process.dispose());
  const cwd = await temporaryFolder();
  const file = join(cwd, 'wsg.yaml');
  const config = {
    listen_addr: '127.0.0.1:0',
    endpoints: [{ path: '/ws' }],
    node: { number: 'auto' },
    cluster: { name: 'shop', redis: { addr: redis.url } },
  };
  await writeFile(file, JSON.stringify(config));
  return () => new WsgProcess(['serve', '--config', file, '--ready-fd', '3'], { cwd });
}

async function nodesOf(gateway: WsgProcess): Promise<string[]> {
  const { port } = await gateway.ready;
  const answer = await fetch(`http://127.0.0.1:${port}/nodes`);
  return listing.parse(await answer.json()).nodes.map(({ node }) => node);
}

it('gives each gateway a number, and ends the one whose number was taken while it was frozen', async () => {
  const start = await clusterStarter();
  const first = start();
  await first.ready;
  const second = start();
  await expect.poll(() => nodesOf(second)).toEqual(['0001', '0002']);
  first.kill('SIGSTOP');
  // Gateways that come and go take 0003, until the number of the frozen one is free.
  for (;;) {
    const next = start();
    const [, number] = await next.says(LEASED);
    if (number === '0001') break;
    next.kill('SIGTERM');
    await next.ended;
  }
  first.kill('SIGCONT');
  const { code, stderr } = await first.ended;
  expect(code).toBe(15);
  expect(stderr).toMatch(/the node number 0001.*gateway\.unusable/);
  second.kill('SIGTERM');
  expect((await second.ended).code).toBe(0);
  expect((await start().says(LEASED))[1]).toBe('0002');
});
