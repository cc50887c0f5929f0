import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ConfigInput } from '../../../src/gateway/config-file/config-schema.js';
import { startNats, type NatsBroker } from '../../support/nats-broker.js';
import { startRedis, type RedisBroker } from '../../support/redis-broker.js';
import { RunningGateway } from '../../support/running-gateway.js';

let nats: NatsBroker;
let redis: RedisBroker;

beforeAll(async () => {
  [nats, redis] = await Promise.all([startNats(), startRedis()]);
});
afterAll(async () => {
  await Promise.all([nats.process.dispose(), redis.process.dispose()]);
});

function clusterOn(kind: 'nats' | 'redis', name: string): NonNullable<ConfigInput['cluster']> {
  return kind === 'nats' ? { name, nats: { addr: nats.url } } : { name, redis: { addr: redis.url } };
}

describe.each(['nats', 'redis'] as const)('gateways in a cluster over %s', (kind) => {
  it('reach the connections of all nodes through each of them', async () => {
    const cluster = clusterOn(kind, 'three');
    const nodes: RunningGateway[] = [];
    for (const number of [1, 2, 3]) nodes.push(await RunningGateway.start({ cluster, node: { number } }));
    const clients = await Promise.all(nodes.map((node) => node.connect()));
    for (const node of nodes) expect(await node.post('/send?foo=bar', 'hello')).toBe('3');
    for (const client of clients) {
      for (let message = 0; message < 3; message += 1) expect((await client.frame()).payload.toString()).toBe('hello');
    }
    expect(await nodes[0]?.get('/readyz')).toMatch(/^ready\n[^]*cluster_members: 3\n/);
    expect(await nodes[0]?.get('/metrics')).toContain('wsg_cluster_members 3');
  });
});
