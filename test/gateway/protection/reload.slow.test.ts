import { once } from 'node:events';
import { rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { TlsWatch } from '../../../src/gateway/transport/http/tls-watch.js';
import { RunningGateway } from '../../support/running-gateway.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { copyTls, TLS_A, TLS_B } from '../../support/tls-files.js';

const KEY_A = 'key-of-the-chat-backend';
const KEY_B = 'key-of-the-shop-backend';

async function shownAt(port: number): Promise<unknown> {
  const client = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
  await once(client, 'secureConnect');
  const { CN } = client.getPeerCertificate().subject;
  client.destroy();
  return CN;
}

describe.each(['uws', 'ws'] as const)('on %s', (transport) => {
  it('the internal API requires a key; health is open, except for its details', async () => {
    const gateway = await RunningGateway.start({ transport, internal_api_keys: [KEY_A, KEY_B] });
    const ask = (path: string, headers: Record<string, string> = {}) => fetch(gateway.url(path), { headers });
    for (const path of ['/status', '/tree', '/metrics', '/events', '/nothing']) {
      const refused = await ask(path);
      expect([path, refused.status, await refused.text()]).toEqual([path, 401, '']);
      expect(refused.headers.get('www-authenticate')).toContain('Bearer');
    }
    expect((await ask('/status', { Authorization: `Bearer ${KEY_A}` })).status).toBe(200);
    expect((await ask('/metrics', { 'X-Api-Key': KEY_B })).status).toBe(200);
    expect((await ask('/metrics', { 'X-Api-Key': `${KEY_B}x` })).status).toBe(401);
    expect(await gateway.post('/send?all=true', 'x')).toBe('');
    expect(await gateway.post('/send?all=true', 'x', { 'X-Api-Key': KEY_B })).toBe('0');
    expect([(await ask('/healthz')).status, (await ask('/readyz')).status]).toEqual([200, 200]);
    expect(await gateway.get('/healthz')).toBe('ok\n');
    expect(await gateway.get('/healthz', { headers: { 'X-Api-Key': KEY_A } })).toContain('connections: 0');
    expect(JSON.stringify(gateway.log.lines)).not.toMatch(/key-of/);
  });

  it('keys of a file are reloaded, and kept when they are invalid', async () => {
    const file = join(await temporaryFolder(), 'keys');
    await writeFile(file, `# chat\n${KEY_A}\n`);
    const gateway = await RunningGateway.start({ transport, internal_api_keys_file: file });
    const statusOf = async (key: string) =>
      (await fetch(gateway.url('/tree'), { headers: { 'X-Api-Key': key } })).status;
    expect([await statusOf(KEY_A), await statusOf(KEY_B)]).toEqual([200, 401]);
    await writeFile(file, `${KEY_B}\n`);
    await gateway.gateway.reload();
    expect([await statusOf(KEY_A), await statusOf(KEY_B)]).toEqual([401, 200]);
    await writeFile(file, '');
    await gateway.gateway.reload();
    expect(await statusOf(KEY_B)).toBe(200);
    expect(gateway.log.events).toContain('gateway.reload-failed');
  });

  it('a certificate is reloaded, and kept when the new one is invalid', async () => {
    const folder = await temporaryFolder();
    const { certFile, keyFile } = await copyTls(TLS_A, folder);
    const gateway = await RunningGateway.start({ transport, tls: { cert_file: certFile, key_file: keyFile } });
    expect(await shownAt(gateway.port)).toBe('localhost');
    await copyTls(TLS_B, folder);
    await gateway.gateway.reload();
    expect(await shownAt(gateway.port)).toBe('other.localhost');
    await writeFile(certFile, 'nonsense');
    await gateway.gateway.reload();
    expect(await shownAt(gateway.port)).toBe('other.localhost');
    expect(gateway.log.lines.find(({ event }) => event === 'gateway.reload-failed')).toMatchObject({
      level: 'error',
      fields: { what: 'tls' },
    });
  });
});

it('a change of the files is detected, even through a symbolic link', async () => {
  const folder = await temporaryFolder();
  const { certFile, keyFile } = await copyTls(TLS_A, folder);
  const link = join(folder, 'live.pem');
  await symlink(certFile, link);
  let seen: () => void = () => undefined;
  const next = () => new Promise<void>((resolve) => (seen = resolve));
  const files = { certFile: link, keyFile };
  const watch = new TlsWatch({ files, onChange: () => seen(), lookEachMs: 20, settleMs: 20 });
  watch.start();
  onTestFinished(() => watch.stop());
  const turned = next();
  await symlink(TLS_B.certFile, `${link}.new`);
  await rename(`${link}.new`, link);
  await turned;
  const rewritten = next();
  await writeFile(keyFile, 'another key');
  await expect(rewritten).resolves.toBeUndefined();
});

it('a gateway whose file of keys cannot be read does not start', async () => {
  await expect(RunningGateway.start({ internal_api_keys_file: '/nowhere/keys' })).rejects.toMatchObject({
    code: 'secret.unreadable',
  });
});
