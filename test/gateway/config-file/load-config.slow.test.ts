import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { WsgError } from '../../../src/core/error.js';
import { loadConfig, type LoadConfigOptions, type LoadedConfig } from '../../../src/gateway/config-file/load-config.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

type Rest = Omit<Partial<LoadConfigOptions>, 'cwd'>;

async function load(yaml: string | undefined, rest: Rest = {}): Promise<LoadedConfig> {
  const cwd = await temporaryFolder();
  if (yaml !== undefined) await writeFile(join(cwd, 'config.yml'), yaml);
  return loadConfig({ cwd, env: {}, ...rest });
}

async function problems(yaml: string, rest: Rest = {}): Promise<readonly string[]> {
  return (await failure(yaml, rest)).problems;
}

async function failure(yaml: string | undefined, rest: Rest = {}): Promise<WsgError> {
  try {
    await load(yaml, rest);
  } catch (thrown) {
    if (thrown instanceof WsgError) return thrown;
    throw thrown;
  }
  throw new Error('the configuration was accepted');
}

it('without a file the gateway listens on loopback with one endpoint, and reports the built-in configuration as its source', async () => {
  const { config, source, warnings } = await load(undefined);
  expect(config.listen).toEqual({ host: '127.0.0.1', port: 5000 });
  expect(config.endpoints).toMatchObject([{ path: '/connect', setTags: new Map([['foo', 'bar']]) }]);
  expect(config.metricsEnabled).toBe(true);
  expect({ source, warnings }).toEqual({ source: { kind: 'built-in' }, warnings: [] });
});

it('a file has the defaults of wsgateway', async () => {
  const { config, source } = await load('endpoints: [{}]');
  expect(source).toEqual({ kind: 'file', path: 'config.yml' });
  expect(config.listen).toEqual({ host: '0.0.0.0', port: 8080 });
  expect(config.whitelist).toEqual(['127.0.0.1/8', '::1/128']);
  expect(config.metricsEnabled).toBe(false);
  expect(config.endpoints).toMatchObject([{ path: '/ws', maxMessageBytes: 1024 * 1024, idleTimeoutS: 60 }]);
});

it('tags and variables keep the text as written', async () => {
  const yaml = [
    'endpoints:',
    '  - set_tags: {a: 1.10, b: 0x10, c: yes, d: ~, e: 1_000, f: "q q", g: true, 12: 013}',
    '    json_extract_vars: {user: 1.10}',
  ].join('\n');
  const { config } = await load(yaml);
  const [endpoint] = config.endpoints;
  expect(Object.fromEntries(endpoint?.setTags ?? [])).toEqual({
    a: '1.10',
    b: '0x10',
    c: 'yes',
    d: '~',
    e: '1_000',
    f: 'q q',
    g: 'true',
    12: '013',
  });
  expect(endpoint?.jsonExtractVars).toEqual(new Map([['user', '1.10']]));
});

it('aliases and merged keys are followed, and own keys override merged ones', async () => {
  const yaml = [
    'endpoints:',
    '  - &base {path: /a, set_tags: &tags {x: 1.0, y: 2}}',
    '  - {<<: *base, path: /b}',
    '  - {path: /c, set_tags: {<<: *tags, y: 3}}',
  ].join('\n');
  const { config } = await load(yaml);
  expect(config.endpoints.map(({ path, setTags }) => [path, Object.fromEntries(setTags)])).toEqual([
    ['/a', { x: '1.0', y: '2' }],
    ['/b', { x: '1.0', y: '2' }],
    ['/c', { x: '1.0', y: '3' }],
  ]);
});

it('an endpoint overrides the global size and timeout', async () => {
  const yaml =
    'max_message_size_kb: 2\nidle_timeout_s: 30\nendpoints: [{path: /a}, {path: /b, max_message_size_kb: 1, idle_timeout_s: 8}]';
  const { config } = await load(yaml);
  expect(config.endpoints.map((endpoint) => [endpoint.maxMessageBytes, endpoint.idleTimeoutS])).toEqual([
    [2048, 30],
    [1024, 8],
  ]);
});

it('booleans may be written as in YAML 1.1', async () => {
  expect((await load('endpoints: [{}]\nprometheus: {enabled: yes}')).config.metricsEnabled).toBe(true);
});

it('all problems are reported at once, each with line, column and key', async () => {
  const yaml = [
    'listen_addr: 5000',
    'internal_endpoint_access_whitelist:',
    '  - 10.0.0.0/8',
    '  - 10.0.0/8',
    'idle_timeout_s: 5',
    'transport: quick',
    'tls: {cert_file: ""}',
    'endpoints:',
    '  - path: /a',
    '    json_extract_vars:',
    '      bad-name: x.y',
    '    set_tags: [1]',
    '    policy: vanish',
    '  - path: b',
  ].join('\n');
  expect(new Set(await problems(yaml))).toEqual(
    new Set([
      "config.yml:1:14 listen_addr: '5000' is not host:port (port 0 to 65535)",
      "config.yml:4:5 internal_endpoint_access_whitelist[1]: '10.0.0/8' is not a CIDR such as 10.0.0.0/8 or ::1/128",
      'config.yml:5:17 idle_timeout_s: must be at least 8, not 5',
      "config.yml:6:12 transport: must be one of auto, uws, ws, not 'quick'",
      'config.yml:7:18 tls.cert_file: must not be empty',
      'config.yml:7:6 tls.key_file: is missing',
      "config.yml:11:17 endpoints[0].json_extract_vars.bad-name: 'bad-name' is not a variable name: letters, digits and _ only",
      'config.yml:12:15 endpoints[0].set_tags: must be a map of keys, not a list',
      "config.yml:13:13 endpoints[0].policy: must be one of close, drop-oldest, drop-newest, not 'vanish'",
      "config.yml:14:11 endpoints[1].path: 'b' must begin with /",
    ]),
  );
});

it('problems come in the order of the file', async () => {
  const lines = (await problems('endpoints: [{path: x}]\nlisten_addr: y\nidle_timeout_s: 1')).map(
    (line) => line.split(' ')[0],
  );
  expect(lines).toEqual(['config.yml:1:20', 'config.yml:2:14', 'config.yml:3:17']);
});

it('a YAML syntax error names its place', async () => {
  const [first] = await problems('endpoints:\n  - path: "/a\n');
  expect(first).toMatch(/^config\.yml:\d+:\d+ /);
});

it('an endpoint may not take a path of the internal API, nor another endpoint', async () => {
  expect(await problems('endpoints: [{path: /send}]')).toEqual([
    "config.yml:1:20 endpoints[0].path: '/send' is a path of the internal API",
  ]);
  expect(await problems('endpoints: [{path: /a}, {path: /b}, {path: /a}]')).toEqual([
    "config.yml:1:44 endpoints[2].path: '/a' is also the path of endpoints[0]",
  ]);
});

it('a file without endpoints is a problem', async () => {
  expect(await problems('listen_addr: 127.0.0.1:1')).toEqual(['config.yml:1:1 endpoints: is missing']);
  expect(await problems('endpoints: []')).toEqual(['config.yml:1:12 endpoints: must list at least one endpoint']);
});

it('a default file without any key of the gateway is rejected, a named one is validated', async () => {
  expect((await problems('scenarios: {}'))[0]).toContain('contains no key of the gateway');
  expect((await problems('scenarios: {}', { path: 'config.yml' }))[0]).toBe('config.yml:1:1 endpoints: is missing');
});

it('a named file must exist', async () => {
  const error = await failure(undefined, { path: 'other.yml' });
  expect(error.code).toBe('config.not-found');
  expect(error.message).toContain('other.yml');
});

it('an unknown key is a warning that names the nearest known one', async () => {
  const { warnings } = await load('listen_adr: x\nendpoints:\n  - path: /a\n    set_tag: {}\n    zzzzzzzzz: 1');
  expect(warnings).toEqual([
    'config.yml:1:1 listen_adr: unknown key, ignored; did you mean listen_addr?',
    'config.yml:4:5 endpoints[0].set_tag: unknown key, ignored; did you mean set_tags?',
    'config.yml:5:5 endpoints[0].zzzzzzzzz: unknown key, ignored',
  ]);
});

it('a sink is on when its address is given, the embedded one when there is no other or when asked for', async () => {
  const { config: alone } = await load('endpoints: [{}]\nstream_redis: {addr: ""}');
  expect(alone.sinks).toMatchObject({ embedded: true, on: [] });
  const { config: redis } = await load('endpoints: [{}]\nstream_redis: {addr: "redis://h"}');
  expect(redis.sinks).toMatchObject({ embedded: false, on: [{ name: 'redis', address: 'redis://h' }] });
  const { config: both } = await load(
    'endpoints: [{}]\nstream_amqp: {addr: "amqp://h", queue: q}\nevents: {enabled: true}',
  );
  expect(both.sinks).toMatchObject({ embedded: true, on: [{ name: 'amqp', address: 'amqp://h', required: true }] });
});

it('the environment overrides the file, flags override both', async () => {
  const yaml = 'listen_addr: 127.0.0.1:1\ntransport: ws\nendpoints: [{}]\nnode: {number: 1}';
  const env = {
    WSG_GATEWAY_LISTEN_ADDR: '127.0.0.1:2',
    WSG_GATEWAY_NODE_NUMBER: '7',
    WSG_GATEWAY_PROMETHEUS_ENABLED: 'true',
    WSG_GATEWAY_INTERNAL_HOSTS: 'a, b',
    WSG_GATEWAY_ENDPOINTS: '[{path: /env, set_tags: {v: 1.10}}]',
  };
  const { config } = await load(yaml, { env, overrides: { listen_addr: '127.0.0.1:3' } });
  expect(config.listen.port).toBe(3);
  expect(config).toMatchObject({ node: 7, metricsEnabled: true, internalHosts: ['a', 'b'], transport: 'ws' });
  expect(config.endpoints).toMatchObject([{ path: '/env', setTags: new Map([['v', '1.10']]) }]);
});

it('a problem in the environment names the variable, an unknown variable is a warning', async () => {
  expect(await problems('endpoints: [{}]', { env: { WSG_GATEWAY_NODE_NUMBER: '70000' } })).toEqual([
    'WSG_GATEWAY_NODE_NUMBER node.number: must be at most 65535, not 70000',
  ]);
  const { warnings } = await load('endpoints: [{}]', { env: { WSG_GATEWAY_LISTEN_ADR: 'x' } });
  expect(warnings).toEqual(['WSG_GATEWAY_LISTEN_ADR: unknown variable; did you mean WSG_GATEWAY_LISTEN_ADDR?']);
});

it('plugins of the command line are added to those of the file', async () => {
  const { config } = await load('endpoints: [{}]\nplugins: [{module: ./own.js, options: {a: 1}}]', {
    overrides: { plugins: [{ module: 'devhelpers' }] },
  });
  expect(config.plugins).toEqual([
    { module: './own.js', options: { a: 1 } },
    { module: 'devhelpers', options: {} },
  ]);
});

it('an alias that contains itself is a problem, not a crash', async () => {
  expect((await failure('endpoints: &a [*a]')).code).toBe('config.invalid');
});

it.each([
  ['lists of aliases', 'plugins: [{module: x, options: {a: &a [*a, *a]}}]'],
  [
    'aliases of aliases',
    `plugins: [{module: x, options: {a0: &a0 [1], ${Array.from({ length: 9 }, (_, n) => `a${n + 1}: &a${n + 1} [${Array(9).fill(`*a${n}`).join(', ')}]`).join(', ')}}}]`,
  ],
])('%s that grow without end are refused at once', async (_, yaml) => {
  expect(await problems(`endpoints: [{path: /a}]\n${yaml}`)).toContainEqual(expect.stringContaining('values'));
});

it('a map that is merged into itself does not crash', async () => {
  const { config } = await load('endpoints: [&a {path: /a, <<: *a}]');
  expect(config.endpoints.map(({ path }) => path)).toEqual(['/a']);
});

it('when a key is missing, unknown keys are reported too, with the nearest known one', async () => {
  expect(await problems('listen_addr: 127.0.0.1:0\nendpoint: [{}]')).toEqual([
    'config.yml:1:1 endpoints: is missing',
    'config.yml:2:1 endpoint: unknown key, ignored; did you mean endpoints?',
  ]);
});

it('duplicate paths are found even when the endpoints have other problems', async () => {
  expect(await problems('endpoints: [{path: /a, policy: closed}, {path: /b}, {path: /a}, {}, {path: /ws}]')).toEqual([
    "config.yml:1:32 endpoints[0].policy: must be one of close, drop-oldest, drop-newest, not 'closed'",
    "config.yml:1:60 endpoints[2].path: '/a' is also the path of endpoints[0]",
    "config.yml:1:76 endpoints[4].path: '/ws' is also the path of endpoints[3]",
  ]);
  expect(await problems('endpoints: [x, {path: /a}, {path: /a}]')).toHaveLength(1);
});

it('events are not written to disk without a folder', async () => {
  expect(await problems('endpoints: [{path: /a}]\noutbox: {durability: disk}')).toEqual([
    "config.yml:2:22 outbox.durability: 'disk' needs outbox.dir",
  ]);
});

it('reports the default limit on messages only when the file sets none', async () => {
  const { config, notices } = await load('endpoints: [{path: /a}, {path: /b, max_message_size_kb: 7}]');
  expect(config.endpoints.map(({ maxMessageBytes }) => maxMessageBytes)).toEqual([1024 * 1024, 7 * 1024]);
  expect(notices).toEqual([expect.stringMatching(/^max_message_size_kb is not set: .*1024 KiB.*131072 KiB/)]);
  for (const text of [
    'max_message_size_kb: 1024\nendpoints: [{path: /a}]',
    'endpoints: [{path: /a, max_message_size_kb: 9}]',
  ])
    expect((await load(text)).notices).toEqual([]);
});
