import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { workerProblems } from '../../../src/gateway/config-file/cluster-schema.js';
import { loadConfig, type LoadConfigOptions, type LoadedConfig } from '../../../src/gateway/config-file/load-config.js';
import { WsgError } from '../../../src/core/error.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

type Rest = Omit<Partial<LoadConfigOptions>, 'cwd'> & { readonly files?: Readonly<Record<string, string>> };

const SECRET = 'correct horse battery staple, 32+';

async function load(yaml: string, { files = {}, ...rest }: Rest = {}): Promise<LoadedConfig> {
  const cwd = await temporaryFolder();
  await writeFile(join(cwd, 'config.yml'), `endpoints: [{}]\n${yaml}`);
  for (const [name, text] of Object.entries(files)) await writeFile(join(cwd, name), text);
  return loadConfig({ cwd, env: {}, ...rest });
}

async function failure(yaml: string, rest: Rest = {}): Promise<WsgError> {
  try {
    await load(yaml, rest);
  } catch (thrown) {
    if (thrown instanceof WsgError) return thrown;
    throw thrown;
  }
  throw new Error('the configuration was accepted');
}

it('a gateway without a cluster is alone, with one process and the number 0', async () => {
  const { config, warnings } = await load('');
  expect(config).toMatchObject({ cluster: undefined, workers: 1, node: 0 });
  expect(warnings).toEqual([]);
});

it('a cluster has the defaults of the reference page', async () => {
  const { config } = await load('node: {number: 7}\ncluster: {name: eu-1, nats: {addr: "nats://a:4222,nats://b"}}');
  expect(config.node).toBe(7);
  expect(config.cluster).toEqual({
    name: 'eu-1',
    engine: { kind: 'nats', addr: 'nats://a:4222,nats://b' },
    deadlineMs: 1000,
    strict: false,
    secret: undefined,
    declareDeadMs: 300_000,
    lateEvents: 'dead-letter',
    leasesNumber: false,
    advertise: undefined,
  });
});

it('every key of a cluster may come from the environment', async () => {
  const env = {
    WSG_GATEWAY_NODE_NUMBER: 'auto',
    WSG_GATEWAY_WORKERS: 'auto',
    WSG_GATEWAY_CLUSTER_NAME: 'live',
    WSG_GATEWAY_CLUSTER_REDIS_ADDR: 'redis://r:6379/2',
    WSG_GATEWAY_CLUSTER_DEADLINE_MS: '250',
    WSG_GATEWAY_CLUSTER_STRICT: 'true',
    WSG_GATEWAY_CLUSTER_SECRET: SECRET,
    WSG_GATEWAY_CLUSTER_DECLARE_DEAD_S: '0',
    WSG_GATEWAY_CLUSTER_LATE_EVENTS: 'deliver',
    WSG_GATEWAY_CLUSTER_ADVERTISE: 'pod-3.gateway:8081',
  };
  const { config } = await load('', { env });
  expect(config.workers).toBe(Math.max(1, availableParallelism() - 1));
  expect(config.cluster).toEqual({
    name: 'live',
    engine: { kind: 'redis', addr: 'redis://r:6379/2' },
    deadlineMs: 250,
    strict: true,
    secret: SECRET,
    declareDeadMs: 0,
    lateEvents: 'deliver',
    leasesNumber: true,
    advertise: 'pod-3.gateway:8081',
  });
});

it('the ordinal 0 of a Kubernetes StatefulSet is a number that was given', async () => {
  const env = { WSG_GATEWAY_NODE_NUMBER: '0', WSG_GATEWAY_CLUSTER_NAME: 'a' };
  const { config } = await load('cluster: {redis: {addr: "redis://r"}}', { env });
  expect([config.node, config.cluster?.leasesNumber]).toEqual([0, false]);
});

it('a secret may be in a file next to the configuration, with a newline at its end', async () => {
  const yaml = 'node: {number: 1}\ncluster: {name: a, redis: {addr: "redis://r"}, secret_file: bus.secret}';
  const { config } = await load(yaml, { files: { 'bus.secret': `${SECRET}\n` } });
  expect(config.cluster?.secret).toBe(SECRET);
  const unusable: Rest['files'][] = [{}, { 'bus.secret': 'short\n' }];
  for (const files of unusable) {
    const { code, message } = await failure(yaml, { files });
    expect(code).toBe('secret.unreadable');
    expect(message).toMatch(/bus\.secret (cannot be read|has 5 bytes; at least 32 are needed)/);
    expect(message).not.toContain('short');
  }
});

it.each([
  ['cluster: {name: a}', 'cluster: must have exactly one of nats.addr and redis.addr (got 0)'],
  [
    'cluster: {name: a, nats: {addr: "nats://n"}, redis: {addr: "redis://r"}}',
    'cluster: must have exactly one of nats.addr and redis.addr (got 2)',
  ],
  ['cluster: {nats: {addr: "nats://n"}}', 'cluster.name: must be set, because an engine of the cluster is'],
  ['cluster: {name: a.b}', "cluster.name: 'a.b' is not a name of at most 64 letters, digits, - and _"],
  ['node: {number: auto}', "node.number: 'auto' takes a number from the engine of a cluster"],
  ['node: {number: 65536}', 'node.number: must be at most 65535, not 65536'],
  ['node: {number: "7"}', "node.number: must be a whole number from 0 to 65535, or auto, not '7'"],
  ['workers: 0', 'workers: must be at least 1, not 0'],
  ['workers: many', "workers: must be a whole number from 1 to 255, or auto, not 'many'"],
  ['cluster: {deadline_ms: 10001}', 'cluster.deadline_ms: must be at most 10000, not 10001'],
  ['cluster: {advertise: ":80"}', "cluster.advertise: ':80' is not host:port with a port from 1 to 65535"],
  ['cluster: {advertise: "a:0"}', "cluster.advertise: 'a:0' is not host:port with a port from 1 to 65535"],
  ['cluster: {secret: hush}', 'cluster.secret: must have at least 32 bytes'],
  [`cluster: {secret: "${SECRET}", secret_file: a}`, 'cluster.secret: and cluster.secret_file must not both be set'],
  ['cluster: {nats: {addr: "http://x:hunter2@n"}}', 'must begin with nats:// or tls://'],
  ['cluster: {redis: {addr: "x:hunter2@n"}}', 'cluster.redis.addr:'],
])('refuses %s', async (yaml, expected) => {
  const { problems } = await failure(yaml);
  expect(problems.join('\n')).toContain(expected);
  expect(problems.join('\n')).not.toMatch(/hunter2|hush|horse/);
});

it('refuses a node of a cluster without a number, because the default would be the same for all', async () => {
  const yaml = 'cluster: {name: a, redis: {addr: "redis://r"}}';
  const { problems } = await failure(yaml);
  expect(problems).toEqual([
    'config.yml:1:1 node.number: must be set in a cluster, because two nodes must not have the same: a number or auto',
  ]);
});

it('refuses tags that a request in a cluster could not select by, and only there', async () => {
  const tags =
    'endpoints: [{set_tags: {strict: a, room: b}, auth: {mode: jwt, jwt: {secret: "0123456789abcdef0123456789abcdef", claims_to_tags: {sub: wait}}}}]';
  const cwd = await temporaryFolder();
  await writeFile(join(cwd, 'config.yml'), tags);
  expect(() => loadConfig({ cwd, env: {} })).not.toThrow();
  const env = {
    WSG_GATEWAY_CLUSTER_NAME: 'a',
    WSG_GATEWAY_NODE_NUMBER: '1',
    WSG_GATEWAY_CLUSTER_REDIS_ADDR: 'redis://r',
  };
  let problems: readonly string[] = [];
  try {
    loadConfig({ cwd, env });
  } catch (thrown) {
    if (thrown instanceof WsgError) problems = thrown.problems;
  }
  expect(problems.map((problem) => problem.replace(/:? requests could.*/, ''))).toEqual([
    "config.yml:1:33 endpoints[0].set_tags.strict: 'strict' cannot be a tag in a cluster",
    expect.stringContaining("endpoints[0].auth.jwt.claims_to_tags.sub: 'wait' cannot be a tag in a cluster"),
  ]);
});

it('warns that nobody closes the connections of a lost node without a mirror', async () => {
  const yaml = 'node: {number: 1}\ncluster: {name: a, redis: {addr: "redis://r"}}';
  const { warnings } = await load(yaml);
  expect(warnings).toEqual([expect.stringMatching(/^connection_redis_sync\.addr is not set: when a node/)]);
  const mirrored = await load(`${yaml}\nconnection_redis_sync: {addr: "redis://r"}`);
  expect(mirrored.warnings).toEqual([]);
});

it('a number of workers on the command line replaces the one of the file', async () => {
  const { config } = await load('workers: 2', { overrides: { workers: 3 } });
  expect(config.workers).toBe(3);
  const { problems } = await failure('', { overrides: { workers: '2x' } });
  expect(problems).toEqual(["command line workers: must be a whole number from 1 to 255, or auto, not '2x'"]);
});

it('several workers need the transport ws where the system does not spread connections', () => {
  const uws = { workers: 2, transport: 'uws' };
  expect(workerProblems(uws, 'linux')).toEqual([]);
  expect(workerProblems({ ...uws, transport: 'ws' }, 'darwin')).toEqual([]);
  expect(workerProblems({ ...uws, workers: 1 }, 'win32')).toEqual([]);
  expect(workerProblems(uws, 'darwin')).toMatchObject([
    { path: ['workers'], message: expect.stringContaining('uws on macOS') },
  ]);
});
