import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContext } from 'node:tls';
import { errorMessage, WsgError } from '../../core/error.js';
import type { TlsPlan } from './dial-plan.js';

/** TLS state that the connections to one target share. */
export interface DialTls {
  /**
   * Created once, because reading certificates for each connection would cost more than its
   * handshake.
   */
  readonly context: SecureContext;
  /** The last session that the target offered, if sessions are resumed. */
  readonly sessions?: { last?: Buffer };
}

/** Reads the files of a TLS plan. Throws `tls.invalid` if they cannot be used. */
export function createDialTls(plan: TlsPlan): DialTls {
  const ca = readPem('--ca', plan.caFile);
  const cert = readPem('--cert', plan.certFile);
  const key = readPem('--key', plan.keyFile);
  try {
    return { context: createSecureContext({ ca, cert, key }), ...(plan.reusesSessions && { sessions: {} }) };
  } catch (cause) {
    const files = [plan.caFile, plan.certFile, plan.keyFile].filter((file) => file !== undefined).join(', ');
    throw new WsgError('tls.invalid', `The certificates in ${files} cannot be used: ${errorMessage(cause)}.`, {
      hint: 'Use PEM files; the key must belong to the certificate and have no passphrase.',
      cause,
    });
  }
}

function readPem(flag: string, path: string | undefined): Buffer | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new WsgError('tls.invalid', `The file '${path}' (${flag}) cannot be read: ${errorMessage(cause)}.`, {
      cause,
    });
  }
}
