import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.js';
import { copyTls, TLS_A, TLS_B } from '../support/tls-files.js';
import { runWsg, WsgProcess } from '../support/wsg-process.js';

describe('SIGHUP', () => {
  it('reads the certificate again and closes no connection', async () => {
    const folder = await temporaryFolder();
    const { certFile, keyFile } = await copyTls(TLS_A, folder);
    const config = join(folder, 'config.yml');
    await writeFile(
      config,
      `listen_addr: 127.0.0.1:0\nendpoints: [{path: /ws}]\ntls: {cert_file: ${certFile}, key_file: ${keyFile}}\n`,
    );
    const gateway = new WsgProcess(['serve', '--config', config, '--ready-fd', '3']);
    const { port } = await gateway.ready;
    const before = await certificateName(port);
    await copyTls(TLS_B, folder);
    gateway.kill('SIGHUP');
    await gateway.says(/"gateway\.reloaded"/);
    const after = await certificateName(port);
    await writeFile(keyFile, 'no key');
    gateway.kill('SIGHUP');
    await gateway.says(/"gateway\.reload-failed"/);
    expect([before, after, await certificateName(port)]).toEqual(['localhost', 'other.localhost', 'other.localhost']);
    gateway.kill('SIGTERM');
    expect((await gateway.ended).code).toBe(0);
  });

  it('does nothing without a certificate', async () => {
    const gateway = new WsgProcess(['serve', '--listen', '127.0.0.1:0', '--ready-fd', '3'], {
      cwd: await temporaryFolder(),
    });
    await gateway.ready;
    gateway.kill('SIGHUP');
    await gateway.says(/"gateway\.reloaded"/);
    gateway.kill('SIGTERM');
    expect((await gateway.ended).code).toBe(0);
  });
});

describe('wsg serve --check', () => {
  it('ends with 0 when a gateway would start, and leaves the port free', async () => {
    const { code, stdout, stderr } = await runWsg(['serve', '--check', '--listen', '127.0.0.1:0', '--json'], {
      cwd: await temporaryFolder(),
    });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true });
    expect(stderr).toBe('');
  });

  it('ends with 104 for an invalid configuration', async () => {
    const { code, stdout } = await runWsg(['serve', '--check', '--config', 'none.yml'], {
      cwd: await temporaryFolder(),
    });
    expect(code).toBe(104);
    expect(stdout).toContain('✗ configuration: ');
  });
});

describe('wsg doctor', () => {
  it('ends with 0 in spite of warnings, and names the tightest limit', async () => {
    const { code, stdout } = await runWsg(['doctor', '--connections', '1000000000']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^! open files: /m);
    expect(stdout).toContain('too few for 1,000,000,000. Tightest limit: open files.');
  });
});

/** The common name of the certificate that is served on the port. */
function certificateName(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.destroy();
    });
    socket.once('error', reject);
  });
}
