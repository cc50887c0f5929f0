import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { freePort } from '../support/broker-process.js';
import { RawWebSocket } from '../support/raw-websocket.js';
import { startRedis } from '../support/redis-broker.js';
import { RedisStreamReader } from '../support/redis-stream-reader.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { runWsg, WsgProcess } from '../support/wsg-process.js';

function certificate(name: string): string {
  return fileURLToPath(new URL(`../support/certificates/${name}.pem`, import.meta.url));
}

/**
 * Starts a Redis with TLS and a password, and makes a folder with a configuration that uses both.
 */
async function secureRedis() {
  const tlsPort = await freePort();
  const files = ['--tls-cert-file', certificate('localhost-cert'), '--tls-key-file', certificate('localhost-key')];
  const tls = ['--tls-port', String(tlsPort), ...files, '--tls-auth-clients', 'no'];
  const redis = await startRedis([...tls, '--requirepass', 'open-sesame']);
  onTestFinished(() => redis.process.dispose());
  const cwd = await temporaryFolder();
  const addr = `rediss://:open-sesame@localhost:${tlsPort}/0`;
  const sections = `stream_redis: {addr: "${addr}"}\nconnection_redis_sync: {addr: "${addr}"}\n`;
  await writeFile(join(cwd, 'config.yml'), `listen_addr: 127.0.0.1:0\nendpoints: [{}]\n${sections}`);
  return { redis, cwd };
}

it('stream and mirror use TLS with a certificate that NODE_EXTRA_CA_CERTS trusts', async () => {
  const { redis, cwd } = await secureRedis();
  const env = { NODE_EXTRA_CA_CERTS: certificate('localhost-cert') };
  const gateway = new WsgProcess(['serve', '--ready-fd', '3'], { cwd, env });
  const { port } = await gateway.ready;
  const client = await RawWebSocket.open(port, '/ws');
  onTestFinished(() => client.destroy());
  const reader = await RedisStreamReader.open(redis, ':open-sesame');
  const [open] = await reader.entries(1);
  const id = String(open?.get('connection'));
  expect(await reader.command('EXISTS', `connection:${id}`)).toBe(1);
});

it('an untrusted certificate prevents the start, and the error does not show the password', async () => {
  const { cwd } = await secureRedis();
  const { code, stdout, stderr } = await runWsg(['serve'], { cwd });
  expect(code).toBe(15);
  expect(stdout + stderr).toMatch(/Redis at localhost:\d+\/0 refuses .*self-signed certificate/);
  expect(stdout + stderr).not.toContain('open-sesame');
});
