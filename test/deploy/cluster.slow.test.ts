import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { freePort } from '../support/broker-process.js';
import { startNats } from '../support/nats-broker.js';
import { WsgProcess } from '../support/wsg-process.js';
import { GatewayManifests } from './manifests.js';

const FOLDER = join(import.meta.dirname, '../../deploy/kubernetes');
const read = (file: string): string => readFileSync(join(FOLDER, file), 'utf8');

/** The users of deploy/kubernetes/nats.yaml with their permissions. */
function natsUsers(): string {
  const secret = z.object({ stringData: z.object({ 'nats.conf': z.string() }) });
  const config = secret.parse(parseAllDocuments(read('nats.yaml'))[0]?.toJS()).stringData['nats.conf'];
  const users = /^authorization \{[\s\S]*?^\}/m.exec(config)?.[0];
  if (users === undefined) throw new Error('nats.conf has no authorization');
  return users;
}

it('three gateways with the configuration of deploy/kubernetes are a cluster, with its user of NATS', async () => {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith('.yaml') && file !== 'kustomization.yaml');
  const manifests = new GatewayManifests(files.map(read).join('\n---\n'), 'wsg');
  const nats = await startNats([natsUsers()]);
  onTestFinished(() => nats.process.dispose());
  const headers = { 'x-api-key': manifests.secret['internal-api-keys']?.trim() ?? '' };
  const ports: number[] = [];
  for (let ordinal = 0; ordinal < manifests.statefulSet.spec.replicas; ordinal += 1) {
    const port = await freePort();
    ports.push(port);
    const env = manifests.environmentOf(ordinal);
    const addr = env['WSG_GATEWAY_CLUSTER_NATS_ADDR']?.replace('nats:4222', `127.0.0.1:${nats.port}`);
    const listeners = {
      WSG_GATEWAY_LISTEN_ADDR: '127.0.0.1:0',
      WSG_GATEWAY_INTERNAL_LISTEN_ADDR: `127.0.0.1:${port}`,
    };
    const wsg = new WsgProcess(['serve', '--ready-fd', '3', '--config', 'config.yml'], {
      cwd: await manifests.write(),
      env: { ...env, ...listeners, WSG_GATEWAY_CLUSTER_NATS_ADDR: addr },
    });
    await wsg.ready;
  }
  const nodes = async (): Promise<unknown> => (await fetch(`http://127.0.0.1:${ports[0]}/nodes`, { headers })).json();
  await expect.poll(nodes).toMatchObject({
    cluster: 'wsg',
    nodes: ports.map((_, ordinal) => ({
      node: `000${ordinal}`,
      state: 'ready',
      address: `wsg-${ordinal}.wsg-nodes.wsg.svc.cluster.local:8081`,
    })),
  });
  const sent = await fetch(`http://127.0.0.1:${ports[2]}/send?all=true&report=json`, { method: 'POST', headers });
  expect(sent.headers.get('wsg-incomplete')).toBeNull();
  expect(await sent.json()).toEqual({ count: 0, nodes: { '0000': 0, '0001': 0, '0002': 0 }, silent: [], refused: {} });
});
