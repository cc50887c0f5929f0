import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { RawWebSocket } from '../../support/raw-websocket.js';
import { SupervisedGateway } from '../../support/supervised-gateway.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { copyTls, TLS_A, TLS_B } from '../../support/tls-files.js';

const LONG = { timeout: 30_000, interval: 100 };

describe.each(['ws', 'uws'])('SIGHUP with two workers on %s', (transport) => {
  it('gives every new client the new certificate, and keeps the open ones', { timeout: 60_000 }, async () => {
    const folder = await temporaryFolder();
    const { certFile, keyFile } = await copyTls(TLS_A, folder);
    const config = { tls: { cert_file: certFile, key_file: keyFile } };
    const gateway = await SupervisedGateway.start({ config, args: ['--transport', transport] });
    const open = await Promise.all(Array.from({ length: 10 }, () => connect(gateway.port)));
    expect(new Set(open.map(nameOf))).toEqual(new Set(['localhost']));
    await copyFile(TLS_B.certFile, join(folder, 'cert.pem'));
    await copyFile(TLS_B.keyFile, join(folder, 'key.pem'));
    gateway.process.kill('SIGHUP');
    await vi.waitFor(async () => {
      const clients = await Promise.all(Array.from({ length: 10 }, () => connect(gateway.port)));
      expect(new Set(clients.map(nameOf))).toEqual(new Set(['other.localhost']));
    }, LONG);
    expect(open.every(({ socket }) => !socket.destroyed)).toBe(true);
  });
});

async function connect(port: number): Promise<RawWebSocket> {
  const client = await RawWebSocket.open(port, '/connect', {}, { tls: true });
  onTestFinished(() => client.destroy());
  return client;
}

function nameOf({ socket }: RawWebSocket): unknown {
  return socket instanceof TLSSocket ? socket.getPeerCertificate().subject.CN : undefined;
}
