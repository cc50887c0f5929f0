import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { checkGateway } from '../../../src/gateway/check/check-gateway.js';
import type { CheckResult } from '../../../src/gateway/check/check-result.js';
import { configSchema, type ConfigInput } from '../../../src/gateway/config-file/config-schema.js';
import { resolveConfig } from '../../../src/gateway/config-file/resolve-config.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { TLS_A, TLS_B } from '../../support/tls-files.js';

const TIMEOUT_MS = 500;

/** The checks of a configuration whose paths are relative to `folder`. */
async function check(input: Partial<ConfigInput>, folder?: string): Promise<CheckResult[]> {
  const file = configSchema.parse({ listen_addr: '127.0.0.1:0', endpoints: [{ path: '/ws' }], ...input });
  return checkGateway(resolveConfig(file, folder ?? (await temporaryFolder())), TIMEOUT_MS);
}

function named(checks: readonly CheckResult[], name: string): CheckResult | undefined {
  return checks.find((result) => result.name === name);
}

/** A listener that never answers. */
async function silentPort(): Promise<number> {
  const server = createServer(() => undefined);
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address: AddressInfo | string | null = server.address();
  return address === null || typeof address === 'string' ? 0 : address.port;
}

it('a plain configuration passes every check', async () => {
  const checks = await check({});
  expect(checks.map(({ name, level }) => `${name} ${level}`)).toEqual(['transport ok', 'listen ok', 'sink memory ok']);
});

it('uws is reported with its binary, and with warnings of its self-test', async () => {
  const transport = (await check({ transport: 'uws' })).filter(({ name }) => name === 'transport');
  expect(transport[0]).toMatchObject({ level: 'ok', detail: expect.stringMatching(/\.node, sha256 [0-9a-f]{64}$/) });
  expect(transport.slice(1)).toContainEqual({
    name: 'transport',
    level: 'warning',
    detail: 'pausing a client: sockets have no pause()',
    hint: expect.stringContaining('1013'),
  });
});

it('an occupied port fails, and a free one is free again after the check', async () => {
  const port = await silentPort();
  const checks = await check({ listen_addr: `127.0.0.1:${port}`, internal_listen_addr: '127.0.0.1:0' });
  expect(named(checks, 'listen')).toMatchObject({ level: 'failed', detail: expect.stringContaining(`${port}`) });
  expect(named(checks, 'internal listen')?.level).toBe('ok');
});

it('certificate and key must exist and match', async () => {
  const folder = await temporaryFolder();
  const good = await check({ tls: { cert_file: TLS_A.certFile, key_file: TLS_A.keyFile } }, folder);
  expect(named(good, 'certificate')).toMatchObject({ level: 'ok', detail: expect.stringContaining('valid until') });
  const mixed = await check({ tls: { cert_file: TLS_A.certFile, key_file: TLS_B.keyFile } }, folder);
  expect(named(mixed, 'certificate')?.level).toBe('failed');
  const missing = await check({ tls: { cert_file: 'none.pem', key_file: 'none.pem' } }, folder);
  expect(named(missing, 'certificate')?.detail).toContain(join(folder, 'none.pem'));
});

it('the check does not create a missing folder of the outbox', async () => {
  const folder = await temporaryFolder();
  const checks = await check({ outbox: { dir: 'a/b', durability: 'disk' } }, folder);
  expect(named(checks, 'outbox folder')).toMatchObject({
    level: 'ok',
    detail: `${join(folder, 'a/b')} can be created`,
  });
  expect(await readdir(folder)).toEqual([]);
});

it('a file in place of the folder of the outbox fails', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'taken'), '');
  const checks = await check({ outbox: { dir: 'taken', durability: 'disk' } }, folder);
  expect(named(checks, 'outbox folder')).toMatchObject({ level: 'failed', detail: expect.stringContaining('taken') });
});

it('a dead-letter folder that is not writable fails when a sink may refuse events', async () => {
  const dead_letter_dir = '/dev/null/dead-letters';
  const stream_webhook = { url: 'http://127.0.0.1:1/' };
  const checks = await check({ stream_webhook, outbox: { dead_letter_dir } });
  expect(named(checks, 'dead-letter folder')).toMatchObject({
    level: 'failed',
    detail: expect.stringContaining(`${dead_letter_dir} cannot be written`) as unknown,
  });
  expect(named(await check({ outbox: { dead_letter_dir } }), 'dead-letter folder')).toBeUndefined();
});

it('plugins are found without being run', async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'plugins'));
  await writeFile(join(folder, 'plugins/loud.mjs'), "throw new Error('it was loaded')");
  const checks = await check({ plugins: [{ module: './plugins/loud.mjs' }, { module: './none.mjs' }] }, folder);
  expect(named(checks, 'plugin ./plugins/loud.mjs')?.level).toBe('ok');
  expect(named(checks, 'plugin ./none.mjs')).toMatchObject({
    level: 'failed',
    detail: "Cannot find module './none.mjs'",
  });
});

it('a file of API keys must contain a key', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'none'), '# nobody\n');
  await writeFile(join(folder, 'some'), 'a-key-of-sixteen-characters\n');
  expect(named(await check({ internal_api_keys_file: 'none' }, folder), 'API keys')?.level).toBe('failed');
  expect(named(await check({ internal_api_keys_file: 'some' }, folder), 'API keys')?.level).toBe('ok');
});

it('a required sink that is away fails, an optional one is a warning, and no password is shown', async () => {
  const url = 'http://user:marked@127.0.0.1:1/events';
  const required = await check({ stream_webhook: { url } });
  expect(named(required, 'sink webhook')?.level).toBe('failed');
  const optional = await check({ stream_webhook: { url, required: false } });
  expect(named(optional, 'sink webhook')?.level).toBe('warning');
  expect(JSON.stringify([required, optional])).not.toContain('marked');
});

it('a backend that accepts the connection and never answers is given up after the time limit', async () => {
  const port = await silentPort();
  const checks = await check({
    stream_redis: { addr: `redis://127.0.0.1:${port}/0` },
    connection_redis_sync: { addr: `redis://127.0.0.1:${port}/0` },
  });
  expect(named(checks, 'sink redis')).toMatchObject({ level: 'failed', detail: 'no answer within 0.5 s' });
  expect(named(checks, 'mirror')?.level).toBe('failed');
});
