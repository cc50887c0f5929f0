import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startNats, type NatsBroker } from '../../support/nats-broker.js';
import { RawWebSocket } from '../../support/raw-websocket.js';
import { startRedis, type RedisBroker } from '../../support/redis-broker.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { WsgProcess } from '../../support/wsg-process.js';

let nats: NatsBroker;
let redis: RedisBroker;

beforeAll(async () => {
  [nats, redis] = await Promise.all([startNats(), startRedis()]);
});
afterAll(async () => {
  await Promise.all([nats.process.dispose(), redis.process.dispose()]);
});

interface Report {
  readonly count: number;
  readonly nodes: Record<string, number>;
  readonly silent: readonly string[];
}

/** One gateway of a cluster as a process, with clients. */
class NodeProcess {
  private constructor(
    readonly process: WsgProcess,
    readonly port: number,
  ) {}

  static async start(cluster: object, number: number, more: object = {}): Promise<NodeProcess> {
    const process = await NodeProcess.launch(cluster, number, more);
    const { port } = await process.ready;
    return new NodeProcess(process, port);
  }

  static async launch(cluster: object, number: number, more: object = {}): Promise<WsgProcess> {
    const folder = await temporaryFolder();
    const config = {
      listen_addr: '127.0.0.1:0',
      node: { number },
      cluster,
      endpoints: [{ path: '/connect', set_tags: { foo: 'bar' } }],
      drain: { close_spread_s: 0 },
      ...more,
    };
    const file = join(folder, 'config.yml');
    await writeFile(file, JSON.stringify(config));
    return new WsgProcess(['serve', '--config', file, '--ready-fd', '3']);
  }

  async connect(count: number): Promise<RawWebSocket[]> {
    const clients = await Promise.all(Array.from({ length: count }, () => RawWebSocket.open(this.port, '/connect')));
    onTestFinished(() => clients.forEach((client) => client.destroy()));
    return clients;
  }

  async send(text: string): Promise<Report & { readonly tookMs: number }> {
    const sentAt = performance.now();
    const url = `http://127.0.0.1:${this.port}/send?foo=bar&report=json`;
    const response = await fetch(url, { method: 'POST', body: text });
    const report: Report = JSON.parse(await response.text());
    return { ...report, tookMs: performance.now() - sentAt };
  }

  async ready(): Promise<string> {
    return (await fetch(`http://127.0.0.1:${this.port}/readyz`)).text();
  }
}

async function nextText(client: RawWebSocket): Promise<string> {
  return (await client.frame()).payload.toString();
}

describe.each(['nats', 'redis'] as const)('gateway processes in a cluster over %s', (kind) => {
  const cluster = (name: string) =>
    kind === 'nats' ? { name, nats: { addr: nats.url } } : { name, redis: { addr: redis.url } };

  it('a killed node is named within the deadline and not waited for again; its successor is counted', async () => {
    const config = cluster('killed');
    const [a, b, c] = await Promise.all([1, 2, 3].map((number) => NodeProcess.start(config, number)));
    if (a === undefined || b === undefined || c === undefined) throw new Error('three nodes were started');
    await Promise.all([a.connect(2), b.connect(3), c.connect(4)]);
    expect(await a.send('x')).toMatchObject({ count: 9, nodes: { '0001': 2, '0002': 3, '0003': 4 }, silent: [] });
    b.process.kill('SIGKILL');
    await b.process.ended;
    expect(await a.send('x')).toMatchObject({ count: 6, silent: ['0002'] });
    const second = await a.send('x');
    expect(second).toMatchObject({ count: 6, silent: ['0002'] });
    expect(second.tookMs).toBeLessThan(900);
    const successor = await NodeProcess.start(config, 2);
    await successor.connect(1);
    expect(await successor.send('x')).toMatchObject({ nodes: { '0001': 2, '0002': 1, '0003': 4 } });
    expect(await c.send('x')).toMatchObject({ nodes: { '0001': 2, '0002': 1, '0003': 4 } });
    await expect.poll(async () => (await c.send('x')).silent, { timeout: 20_000 }).toEqual([]);
  });

  it('a node that stood still is named, and counted again when it goes on, without what it missed', async () => {
    const config = cluster('stopped');
    const [a, b] = await Promise.all([1, 2].map((number) => NodeProcess.start(config, number)));
    if (a === undefined || b === undefined) throw new Error('two nodes were started');
    const [client] = await b.connect(1);
    expect(await a.send('before')).toMatchObject({ count: 1, silent: [] });
    b.process.kill('SIGSTOP');
    expect(await a.send('missed')).toMatchObject({ count: 0, silent: ['0002'] });
    await expect.poll(async () => (await a.send('missed')).silent, { timeout: 20_000 }).toEqual([]);
    b.process.kill('SIGCONT');
    await expect.poll(async () => (await a.send('after')).count, { timeout: 20_000 }).toBe(1);
    if (client === undefined) throw new Error('a client was connected');
    expect([await nextText(client), await nextText(client)]).toEqual(['before', 'after']);
    await expect.poll(async () => (await b.send('x')).silent, { timeout: 20_000 }).toEqual([]);
  });

  it('a second gateway with the same number ends with exit code 15, and a drained one says bye', async () => {
    const config = cluster('twice');
    const [a, b] = await Promise.all([1, 2].map((number) => NodeProcess.start(config, number)));
    if (a === undefined || b === undefined) throw new Error('two nodes were started');
    const { code, stderr } = await (await NodeProcess.launch(config, 2)).ended;
    expect([code, stderr]).toEqual([15, expect.stringMatching(/has the node number 2 \(0002\)[^]*node\.number/)]);
    await b.connect(1);
    expect(await a.send('x')).toMatchObject({ count: 1, silent: [] });
    b.process.kill('SIGTERM');
    expect((await b.process.ended).code).toBe(0);
    const after = await a.send('x');
    expect(after).toMatchObject({ nodes: { '0001': 0 }, silent: [] });
    expect(after.tookMs).toBeLessThan(900);
  });

  it('nodes with workers reach the connections of all workers of all nodes', async () => {
    const config = cluster('workers');
    const [a, b] = await Promise.all([1, 2].map((number) => NodeProcess.start(config, number, { workers: 2 })));
    if (a === undefined || b === undefined) throw new Error('two nodes were started');
    const clients = [...(await a.connect(8)), ...(await b.connect(6))];
    for (const node of [a, b]) {
      expect(await node.send('x')).toMatchObject({ count: 14, nodes: { '0001': 8, '0002': 6 }, silent: [] });
    }
    for (const client of clients) expect([await nextText(client), await nextText(client)]).toEqual(['x', 'x']);
  });

  it('a node without its engine says so and is deaf, until the engine is back', async () => {
    const broker = kind === 'nats' ? await startNats() : await startRedis();
    onTestFinished(() => broker.process.dispose());
    const config = { name: 'away', [kind]: { addr: broker.url } };
    const [a, b] = await Promise.all([1, 2].map((number) => NodeProcess.start(config, number)));
    if (a === undefined || b === undefined) throw new Error('two nodes were started');
    await Promise.all([a.connect(1), b.connect(1)]);
    await broker.process.kill();
    await expect.poll(() => a.send('x'), { timeout: 20_000 }).toMatchObject({ count: 1, silent: ['*'] });
    await expect.poll(() => a.ready(), { timeout: 20_000 }).toMatch(/^bus-deaf\n/);
    await broker.process.start();
    await expect.poll(() => a.send('x'), { timeout: 20_000 }).toMatchObject({ count: 2, silent: [] });
    expect(await a.ready()).toMatch(/^ready\n/);
  });
});
