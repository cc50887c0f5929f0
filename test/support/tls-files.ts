import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TlsFiles } from '../../src/gateway/transport/transport.js';

const file = (name: string): string => fileURLToPath(new URL(`certificates/${name}`, import.meta.url));

/** A certificate for `localhost`. */
export const TLS_A: TlsFiles = { certFile: file('localhost-cert.pem'), keyFile: file('localhost-key.pem') };
/** A certificate for `other.localhost`. */
export const TLS_B: TlsFiles = { certFile: file('other-cert.pem'), keyFile: file('other-key.pem') };

/** Copies a pair into a folder and replaces files of the same names. */
export async function copyTls({ certFile, keyFile }: TlsFiles, folder: string): Promise<TlsFiles> {
  const copy = { certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') };
  await copyFile(certFile, copy.certFile);
  await copyFile(keyFile, copy.keyFile);
  return copy;
}
