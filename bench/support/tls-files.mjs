import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A key and a certificate that it has signed itself, the same for every server of a bench; `remove`
 * when they are read no more.
 */
export function createTlsFiles() {
  const folder = mkdtempSync(join(tmpdir(), 'wsg-bench-tls-'));
  const keyFile = join(folder, 'key.pem');
  const certFile = join(folder, 'cert.pem');
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const files = ['-keyout', keyFile, '-out', certFile];
  execFileSync('openssl', ['req', '-x509', ...kind, ...files, '-subj', '/CN=127.0.0.1'], { stdio: 'ignore' });
  return { keyFile, certFile, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
