import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { freePort } from '../../../support/broker-process.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';
import { TLS_A } from '../../../support/tls-files.js';
import { runWsg, WsgProcess } from '../../../support/wsg-process.js';
import { CLUSTER, KINDS, startBroker } from './engine-node.js';

/** Starts a server with TLS and a password; returns a folder with the configuration of a node. */
async function secureNode(kind: 'nats' | 'redis'): Promise<string> {
  const addr = kind === 'nats' ? await secureNats() : await secureRedis();
  const cwd = await temporaryFolder();
  const config = {
    listen_addr: '127.0.0.1:0',
    endpoints: [{}],
    node: { number: 'auto' },
    cluster: { name: CLUSTER, secret: 'correct horse battery staple and more', [kind]: { addr } },
  };
  await writeFile(join(cwd, 'config.yml'), JSON.stringify(config));
  return cwd;
}

async function secureNats(): Promise<string> {
  const { port } = await startBroker('nats', [
    `tls { cert_file: "${TLS_A.certFile}", key_file: "${TLS_A.keyFile}" }`,
    'authorization { user: wsg, password: open-sesame }',
  ]);
  return `tls://wsg:open-sesame@localhost:${port}`;
}

async function secureRedis(): Promise<string> {
  const port = await freePort();
  const files = ['--tls-cert-file', TLS_A.certFile, '--tls-key-file', TLS_A.keyFile, '--tls-auth-clients', 'no'];
  await startBroker('redis', ['--tls-port', String(port), ...files, '--requirepass', 'open-sesame']);
  return `rediss://:open-sesame@localhost:${port}`;
}

describe.each(KINDS)('%s', (kind) => {
  it('is used over TLS with a certificate that NODE_EXTRA_CA_CERTS trusts', async () => {
    const cwd = await secureNode(kind);
    const gateway = new WsgProcess(['serve', '--ready-fd', '3'], { cwd, env: { NODE_EXTRA_CA_CERTS: TLS_A.certFile } });
    await gateway.ready;
    await gateway.says(/"event":"cluster\.in"/);
    gateway.kill('SIGTERM');
    const { code, stderr } = await gateway.ended;
    expect(code).toBe(0);
    expect(stderr).not.toMatch(/open-sesame|correct horse/);
  });

  it('with an untrusted certificate prevents the start, and the error does not show the password', async () => {
    const cwd = await secureNode(kind);
    const { code, stderr } = await runWsg(['serve'], { cwd });
    expect(code).toBe(15);
    expect(stderr).toMatch(/refuses .*self-signed certificate/);
    expect(stderr).not.toMatch(/open-sesame|correct horse/);
  });
});
