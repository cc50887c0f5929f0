import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { GatewayManifests } from './manifests.js';

const ROOT = join(import.meta.dirname, '../..');
const PLAIN = join(ROOT, 'deploy/kubernetes');
const CHART = join(ROOT, 'deploy/helm/wsg');
const { HELM_BIN: helm, KUBECONFORM_BIN: kubeconform } = process.env;
const run = promisify(execFile);

const { version } = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')));
const plainFiles = readdirSync(PLAIN).filter((file) => file.endsWith('.yaml') && file !== 'kustomization.yaml');
const plain = (): string => plainFiles.map((file) => readFileSync(join(PLAIN, file), 'utf8')).join('\n---\n');

const GIVEN = [
  'image.repository=registry.example.com/wsg',
  'secret.internalApiKeys={a-key-of-the-backends}',
  'secret.clusterSecret=0123456789abcdef0123456789abcdef',
  'secret.clusterAddr=nats://wsg:password@nats:4222',
].flatMap((value) => ['--set', value]);

/** A program that the environment may name; a test for each of none is none. */
function programs(path: string | undefined): readonly string[] {
  return path === undefined ? [] : [path];
}

/** The objects that the chart makes of its own values and these. */
async function rendered(...args: readonly string[]): Promise<string> {
  const fixed = ['template', 'wsg', CHART, '--namespace', 'wsg', '--kube-version', '1.31.0'];
  return (await run(helm ?? '', [...fixed, ...GIVEN, ...args])).stdout;
}

const REDIS = ['cluster.engine=redis', 'secret.clusterAddr=redis://redis:6379', 'persistence.enabled=false'].flatMap(
  (value) => ['--set', value],
);

const EXAMPLES = readdirSync(join(CHART, 'examples')).map((file) => join(CHART, 'examples', file));

/** Manifests of gateways. Those of the chart need Helm: HELM_BIN names its program. */
const SOURCES: readonly { readonly of: string; readonly read: () => Promise<string> }[] = [
  { of: 'deploy/kubernetes', read: async () => plain() },
  ...(helm === undefined
    ? []
    : [
        { of: 'the chart', read: () => rendered() },
        { of: 'the chart without volumes, over Redis', read: () => rendered(...REDIS) },
        ...EXAMPLES.map((path) => ({
          of: `the chart with ${path.slice(CHART.length + 1)}`,
          read: () => rendered('--values', path),
        })),
      ]),
];

describe.each(SOURCES)('$of', ({ read }) => {
  const manifests = async (): Promise<GatewayManifests> => new GatewayManifests(await read(), 'wsg');

  it('has a configuration without a problem or a warning, and the ordinal as the number of the node', async () => {
    const objects = await manifests();
    for (const ordinal of [0, 2]) {
      const { config, warnings } = await objects.load(ordinal);
      expect(config.node).toBe(ordinal);
      expect(warnings.filter((text) => !isAboutAbsentMirror(text))).toEqual([]);
      const { cluster } = config;
      expect(cluster === undefined || cluster.secret !== undefined).toBe(true);
      expect(cluster?.advertise ?? `wsg-${ordinal}.wsg-nodes.`).toContain(`wsg-${ordinal}.wsg-nodes.`);
    }
  });

  it('waits longer before it kills a pod than a stop may take', async () => {
    const objects = await manifests();
    const { pauseMs, closeSpreadMs, flushTimeoutMs } = (await objects.load(0)).config.drain;
    const longestS = (pauseMs + closeSpreadMs + flushTimeoutMs) / 1000 + 15;
    expect(objects.pod.terminationGracePeriodSeconds).toBeGreaterThan(longestS);
  });

  it('probes the public listener, restarts for /healthz alone, and stops sending clients in the pause', async () => {
    const objects = await manifests();
    const { config } = await objects.load(0);
    const { livenessProbe, readinessProbe, startupProbe, ports } = objects.container;
    const portOf = (name: string): number | undefined => ports.find((port) => port.name === name)?.containerPort;
    for (const probe of [livenessProbe, readinessProbe, startupProbe])
      expect(portOf(probe.httpGet.port)).toBe(config.listen.port);
    expect(portOf('internal')).toBe(config.internalListen?.port);
    expect([livenessProbe, startupProbe, readinessProbe].map(({ httpGet }) => httpGet.path)).toEqual([
      '/healthz',
      '/healthz',
      '/readyz',
    ]);
    const { periodSeconds, failureThreshold, timeoutSeconds } = readinessProbe;
    expect(config.drain.pauseMs / 1000).toBeGreaterThan(periodSeconds * failureThreshold + timeoutSeconds);
  });

  it('keeps outbox and dead letters on a volume, and reads only files that the Secret has', async () => {
    const objects = await manifests();
    const mounts = objects.container.volumeMounts.map(({ mountPath }) => mountPath);
    const paths = [...objects.config.matchAll(/(?:dir|file): (\/\S+)/g)].map(([, path = '']) => path);
    expect(paths.length).toBeGreaterThan(1);
    for (const path of paths) expect(mounts.some((mount) => path.startsWith(`${mount}/`))).toBe(true);
    const files = paths.filter((path) => path.startsWith('/etc/'));
    expect([...objects.secretFiles.keys()].toSorted()).toEqual(files.toSorted());
    expect([...objects.secretFiles.values()]).not.toContain('');
    const volumes = [
      ...objects.pod.volumes.map(({ name }) => name),
      ...(objects.statefulSet.spec.volumeClaimTemplates ?? []).map(({ metadata }) => metadata.name),
    ];
    expect(volumes.toSorted()).toEqual(objects.container.volumeMounts.map(({ name }) => name).toSorted());
  });

  it('has Services, a budget and a policy that select its pods and name their ports', async () => {
    const objects = await manifests();
    const { spec } = objects.statefulSet;
    const names = objects.container.ports.map(({ name }) => name);
    const selectors = [
      spec.selector.matchLabels,
      objects.budget,
      objects.networkPolicy.spec.podSelector.matchLabels,
      ...objects.services.map((service) => service.spec.selector),
    ];
    for (const each of selectors) expect(objects.labels).toMatchObject(each);
    const ports = objects.services.flatMap((service) => service.spec.ports.map(({ targetPort }) => targetPort));
    const admitted = objects.networkPolicy.spec.ingress.flatMap((rule) => rule.ports.map(({ port }) => port));
    expect(new Set(ports)).toEqual(new Set(names));
    expect(new Set(admitted)).toEqual(new Set(names));
    const headless = objects.services.filter((service) => service.spec.clusterIP === 'None');
    expect(headless.map(({ metadata }) => metadata.name)).toEqual([spec.serviceName]);
  });

  it('runs as the user of the image, with memory that is reserved', async () => {
    const { pod, container } = await manifests();
    const dockerfile = readFileSync(join(ROOT, 'examples/docker/Dockerfile'), 'utf8');
    expect(dockerfile).toMatch(/^USER node$/m);
    expect(pod.securityContext.runAsUser).toBe(1000);
    expect(container.args[0]).toBe('serve');
    expect(container.resources.requests['memory']).toBe(container.resources.limits['memory']);
    expect(Number(container.resources.requests['cpu'])).toBeGreaterThanOrEqual(1);
  });
});

/** Whether a warning says that without a mirror the connections of a dead node are not closed. */
function isAboutAbsentMirror(text: string): boolean {
  return text.includes('connection_redis_sync.addr');
}

describe('deploy/kubernetes', () => {
  it('lists every file in its kustomization, and the version of the package', () => {
    const { resources, images } = z
      .object({
        resources: z.array(z.string()),
        images: z.tuple([z.object({ name: z.literal('wsg'), newTag: z.string() })]),
      })
      .parse(parse(readFileSync(join(PLAIN, 'kustomization.yaml'), 'utf8')));
    expect(resources.toSorted()).toEqual(plainFiles.toSorted());
    expect(images[0].newTag).toBe(version);
  });

  it('gives its user of NATS the subjects of its cluster, and no others', async () => {
    const { config } = await new GatewayManifests(plain(), 'wsg').load(0);
    const subjects = [...plain().matchAll(/(?:publish|subscribe): "([^"]+)"/g)].map(([, subject]) => subject);
    expect(subjects).toEqual([`wsg.${config.cluster?.name}.>`, `wsg.${config.cluster?.name}.>`]);
    const { username, password } = new URL(config.cluster?.engine.addr ?? '');
    expect(plain()).toContain(`user: ${username}`);
    expect(plain()).toContain(`password: "${password}"`);
  });
});

describe('the chart', () => {
  it('has the version of the package', () => {
    const chart = z.object({ version: z.string(), appVersion: z.string() });
    expect(chart.parse(parse(readFileSync(join(CHART, 'Chart.yaml'), 'utf8')))).toEqual({
      version,
      appVersion: version,
    });
  });

  it('has a schema with exactly the keys of its values', () => {
    const values = keysOf(parse(readFileSync(join(CHART, 'values.yaml'), 'utf8')));
    const schema = schemaKeys(JSON.parse(readFileSync(join(CHART, 'values.schema.json'), 'utf8')));
    expect(schema).toEqual(values);
  });

  it.each(programs(helm))('passes the lint of %s, and refuses what cannot work', async (program) => {
    await run(program, ['lint', '--strict', CHART, ...GIVEN]);
    await expect(rendered('--set', 'image.repository=')).rejects.toThrow('image.repository needs the image');
    await expect(rendered('--set', 'cluster.enabled=false')).rejects.toThrow('replicas above 1 need cluster.enabled');
    await expect(rendered('--set', 'config.workers=3')).rejects.toThrow('config.workers');
    await expect(rendered('--set', 'secret.clusterSecret=short')).rejects.toThrow('secret.clusterSecret');
  });
});

it.each(programs(kubeconform))('%s accepts every manifest', async (program) => {
  const { stdout } = await run(program, ['-strict', '-summary', ...plainFiles.map((file) => join(PLAIN, file))]);
  expect(stdout).toContain('Invalid: 0, Errors: 0, Skipped: 0');
});

/** Groups whose keys are the user's own. */
const FREE = ['config', 'resources', 'env', 'podAnnotations', 'podLabels', 'nodeSelector', 'tolerations', 'affinity'];
const mapping = z.record(z.string(), z.unknown());

function keysOf(value: unknown): readonly string[] {
  const groups = mapping.parse(value);
  return Object.entries(groups)
    .flatMap(([key, group]) => {
      const inner = FREE.includes(key) ? undefined : mapping.safeParse(group).data;
      return [key, ...Object.keys(inner ?? {}).map((own) => `${key}.${own}`)];
    })
    .toSorted();
}

function schemaKeys(value: unknown): readonly string[] {
  const { properties } = z.object({ properties: mapping }).parse(value);
  const groups = Object.entries(properties).filter(([key]) => key !== 'global');
  return groups
    .flatMap(([key, group]) => {
      const inner = FREE.includes(key)
        ? undefined
        : z.object({ properties: mapping }).safeParse(group).data?.properties;
      return [key, ...Object.keys(inner ?? {}).map((own) => `${key}.${own}`)];
    })
    .toSorted();
}
