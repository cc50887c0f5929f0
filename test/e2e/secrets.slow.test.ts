import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { HttpBackend } from '../support/http-backend.js';
import { OPCODE, RawWebSocket, upgradeRequest } from '../support/raw-websocket.js';
import { startRedis } from '../support/redis-broker.js';
import { secretToken } from '../support/signed-token.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { runWsg, WsgProcess } from '../support/wsg-process.js';

/** A mark in every secret: an output that shows a secret contains it. */
const MARK = 'x7f3q9';
const secret = (name: string): string => `${MARK}-${name}-that-is-long-enough-for-anything`;
const JWT_SECRET = secret('jwt');
const KEY = secret('key');
const FILE_KEY = secret('file-key');

/**
 * A configuration with a secret in every place that takes one; nothing listens at the brokers'
 * addresses.
 */
function configText(backend: string, folder: string): string {
  const password = secret('password');
  return `
listen_addr: 127.0.0.1:0
prometheus: {enabled: true}
internal_api_keys_file: ${join(folder, 'keys')}
connection_redis_sync: {addr: "redis://mirror:${password}@127.0.0.1:1/0"}
node: {number: 1}
cluster: {name: live, redis: {addr: "redis://bus:${password}@127.0.0.1:1/0"}, secret: ${secret('cluster')}}
stream_redis: {addr: "redis://stream:${password}@127.0.0.1:1/0?client_name=x"}
stream_amqp: {addr: "amqp://app:${password}@127.0.0.1:1/", queue: events}
stream_nats: {addr: "nats://app:${password}@127.0.0.1:1,nats://${password}@127.0.0.1:2"}
stream_webhook: {url: "${backend}/events?token=${password}", secret: ${secret('hmac')}, headers: {Authorization: "Bearer ${password}"}}
drain: {close_spread_s: 0, flush_timeout_s: 0}
endpoints:
  - {path: /open, allowed_origins: ["https://a.example"]}
  - {path: /jwt, auth: {mode: jwt, jwt: {secret: ${JWT_SECRET}, query_key: token, subprotocol_prefix: "t."}}}
  - {path: /file, auth: {mode: jwt, jwt: {secret_file: ${join(folder, 'jwt')}}}}
  - {path: /keys, auth: {mode: jwt, jwt: {jwks_url: "${backend}/jwks?token=${password}"}}}
  - path: /hook
    auth:
      mode: webhook
      webhook: {url: "${backend}/auth?token=${password}", timeout_s: 0.2, headers: {Authorization: "Bearer ${password}"}}
`;
}

async function prepare() {
  const folder = await temporaryFolder();
  const backend = await HttpBackend.start();
  const config = join(folder, 'config.yml');
  await writeFile(config, configText(backend.url, folder));
  await writeFile(join(folder, 'keys'), `${FILE_KEY}\n`);
  await writeFile(join(folder, 'jwt'), `${JWT_SECRET}\n`);
  return { folder, backend, config };
}

/** The whole answer to an upgrade. */
async function upgrade(port: number, path: string, headers: Readonly<Record<string, string>> = {}): Promise<string> {
  const client = await RawWebSocket.connect(port);
  client.write(upgradeRequest(path, { Cookie: `session=${secret('cookie')}`, ...headers }));
  const answer = await client.answer();
  client.send(OPCODE.text, 'a message');
  client.destroy();
  return JSON.stringify([answer.status, [...answer.headers], answer.body]);
}

/** The whole answer to a request. */
async function ask(port: number, path: string, init: RequestInit = {}): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
  return JSON.stringify([response.status, [...response.headers], await response.text()]);
}

/** Makes upgrades that succeed, and upgrades that fail in each way. */
async function connectAll(port: number, backend: HttpBackend): Promise<string[]> {
  const good = await secretToken({ sub: 'ann' }, JWT_SECRET);
  const bad = await secretToken({ sub: secret('claim') }, secret('other'));
  const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
  const answers = [
    await upgrade(port, '/open', { Origin: 'https://a.example' }),
    await upgrade(port, `/open?token=${secret('query')}`, { Origin: `https://${secret('origin')}` }),
    await upgrade(port, '/jwt', bearer(good)),
    await upgrade(port, `/jwt?token=${good}`),
    await upgrade(port, '/file', bearer(good)),
    await upgrade(port, '/jwt', bearer(bad)),
    await upgrade(port, `/jwt?token=${secret('query')}`),
    await upgrade(port, '/jwt', { 'Sec-WebSocket-Protocol': `t.${secret('subprotocol')}` }),
    await upgrade(port, '/keys', bearer(good)),
    await upgrade(port, '/hook', bearer(secret('bearer'))),
  ];
  backend.answer({ tags: { id: secret('tag') } });
  answers.push(await upgrade(port, '/hook'));
  backend.answering = () => undefined;
  answers.push(await upgrade(port, '/hook', bearer(secret('bearer'))));
  backend.stop();
  answers.push(await upgrade(port, '/hook'), await upgrade(port, '/keys', bearer(secret('bearer'))));
  return answers;
}

/** Requests the internal API with the key, without one, and with a wrong one. */
async function askAll(port: number): Promise<string[]> {
  const answers: string[] = [];
  for (const path of [
    '/status',
    '/status?format=json',
    '/tree',
    '/nodes',
    '/metrics',
    '/healthz',
    '/readyz',
    '/events',
    '/nothing',
  ]) {
    answers.push(await ask(port, path), await ask(port, path, { headers: { 'X-Api-Key': KEY } }));
    answers.push(await ask(port, `${path}?key=${secret('query')}`, { headers: { 'X-Api-Key': secret('wrong') } }));
  }
  for (const path of ['/send', '/settags', '/close']) {
    const headers = { Authorization: `Bearer ${FILE_KEY}` };
    answers.push(await ask(port, `${path}?all=true`, { method: 'POST', headers, body: 'id=%zz' }));
  }
  return answers;
}

/** The places in which the mark appears, with the text before it. */
function leaks(texts: readonly string[]): string[] {
  return texts.flatMap((text) => text.match(new RegExp(`.{0,200}${MARK}.{0,40}`, 'g')) ?? []);
}

describe.each([
  ['json', 'uws'],
  ['classic', 'ws'],
  ['json', 'ws'],
] as const)('with --log-format %s on %s', (format, transport) => {
  it('no output and no answer of a failing gateway contains a secret', { timeout: 60_000 }, async () => {
    const { folder, backend, config } = await prepare();
    const flags = ['--log-format', format, '--transport', transport, '--config', config];
    const gateway = new WsgProcess(['serve', ...flags, '--ready-fd', '3'], {
      env: { WSG_GATEWAY_INTERNAL_API_KEYS: KEY, WSG_GATEWAY_INTERNAL_API_KYES: KEY },
    });
    const { port } = await gateway.ready;
    const answers = [...(await connectAll(port, backend)), ...(await askAll(port))];
    await writeFile(join(folder, 'keys'), `${MARK}\n`);
    await writeFile(join(folder, 'jwt'), MARK);
    gateway.kill('SIGHUP');
    await gateway.says(/reload-failed.*auth|auth.*reload-failed/);
    gateway.kill('SIGTERM');
    const { stdout, stderr } = await gateway.ended;
    expect(leaks([stdout, stderr, ...answers])).toEqual([]);
    // The gateway has accepted, refused, and reported brokers that are unavailable.
    expect(answers.filter((answer) => answer.startsWith('[101')).length).toBeGreaterThan(3);
    expect(answers.filter((answer) => answer.startsWith('[401')).length).toBeGreaterThan(8);
    expect(answers.filter((answer) => answer.startsWith('[503')).length).toBeGreaterThan(1);
    expect(stderr).toContain('upgrade.refused');
    expect(stderr).toContain('***');
  });
});

it('serve --check tries each sink and reports errors without a secret', { timeout: 60_000 }, async () => {
  const { config } = await prepare();
  for (const flags of [[], ['--json']]) {
    const { stdout, stderr } = await runWsg(['serve', '--check', '--config', config, ...flags], {
      env: { WSG_GATEWAY_INTERNAL_API_KEYS: KEY },
    });
    expect(stdout.length).toBeGreaterThan(10);
    expect(leaks([stdout, stderr])).toEqual([]);
  }
});

it('a refused password ends the start with an error that does not show it', { timeout: 60_000 }, async () => {
  const redis = await startRedis(['--requirepass', 'another']);
  onTestFinished(() => redis.process.dispose());
  const folder = await temporaryFolder();
  const config = join(folder, 'config.yml');
  const addr = `redis://:${secret('password')}@127.0.0.1:${redis.port}/0`;
  await writeFile(config, `listen_addr: 127.0.0.1:0\nendpoints: [{}]\nstream_redis: {addr: "${addr}"}\n`);
  const { code, stdout, stderr } = await runWsg(['serve', '--config', config]);
  expect([code, leaks([stdout, stderr])]).toEqual([15, []]);
});

it.each([
  `internal_api_keys: ${KEY}\nendpoints: [{}]`,
  `endpoints: [{auth: {mode: jwt, jwt: {secret: [${KEY}], jwks_url: "http://a:${KEY}@b"}}}]`,
  `endpoints: [{auth: {mode: jwt, jwt: {secret: ${MARK}}}}]`,
  `stream_redis: {addr: "redis:/a:${KEY}@b"}\nendpoints: [{}]`,
  `stream_amqp: {addr: "ampq://a:${KEY}@b"}\nendpoints: [{}]`,
  `stream_nats: {addr: "nats:///${KEY}@"}\nendpoints: [{}]`,
  `node: {number: 1}\ncluster: {name: a, nats: {addr: "http://a:${KEY}@b"}, secret: ${MARK}}\nendpoints: [{}]`,
  `stream_webhook: {url: "ftp://a:${KEY}@b", headers: {Authorization: "\u00e9${KEY}"}}\nendpoints: [{}]`,
  `stream_webhook: {secret: "${KEY}" ${KEY}}\nendpoints: [{}]`,
  `endpoints: [{}]\nx: [1]\n- ${KEY}: ${KEY}`,
])('a refused configuration is explained without its secrets: %s', { timeout: 60_000 }, async (text) => {
  const folder = await temporaryFolder();
  const config = join(folder, 'config.yml');
  await writeFile(config, `listen_addr: 127.0.0.1:0\n${text}\n`);
  const { code, stdout, stderr } = await runWsg(['serve', '--config', config]);
  expect([code, leaks([stdout, stderr])]).toEqual([104, []]);
});
