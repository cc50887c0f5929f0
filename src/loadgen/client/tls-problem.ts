import { isIP } from 'node:net';
import { checkServerIdentity, type PeerCertificate, type TLSSocket } from 'node:tls';
import { errorMessage, systemErrorCode } from '../../core/error.js';

/**
 * The reason for a failed TLS handshake, in the words of Go's `crypto/tls` that k6 scripts know.
 */
export interface TlsProblem {
  /**
   * `authority`, `name`: the peer's certificate. `record`: a peer that does not speak TLS. `alert`:
   * an alert from the peer.
   */
  readonly kind: 'authority' | 'name' | 'certificate' | 'record' | 'alert';
  readonly text: string;
}

const UNKNOWN_AUTHORITY: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);
const OUT_OF_DATE: ReadonlySet<string> = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID']);
/** TLS alerts by number (RFC 8446, section 6, and RFC 5246). */
const ALERTS: ReadonlyMap<number, string> = new Map([
  [40, 'handshake failure'],
  [42, 'bad certificate'],
  [43, 'unsupported certificate'],
  [44, 'revoked certificate'],
  [45, 'expired certificate'],
  [46, 'unknown certificate'],
  [47, 'illegal parameter'],
  [48, 'unknown certificate authority'],
  [49, 'access denied'],
  [51, 'error decrypting message'],
  [70, 'protocol version not supported'],
  [71, 'insufficient security level'],
  [80, 'internal error'],
  [112, 'unrecognized name'],
  [116, 'certificate required'],
  [120, 'no application protocol'],
]);

/** Keeps the peer's certificate before Node verifies it, because the socket drops it afterwards. */
export function keepCertificate(socket: TLSSocket, keep: (certificate: PeerCertificate) => void): void {
  socket.prependOnceListener('secure', () => keep(socket.getPeerCertificate()));
}

/**
 * Returns undefined for errors that are not about TLS. A wrong name takes precedence over an
 * unknown authority.
 */
export function tlsProblem(error: unknown, host: string, certificate?: PeerCertificate): TlsProblem | undefined {
  const code = systemErrorCode(error) ?? '';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID' || UNKNOWN_AUTHORITY.has(code)) {
    const mismatch = certificate === undefined ? undefined : nameProblem(host, certificate);
    if (mismatch !== undefined) return { kind: 'name', text: verifying(mismatch) };
    return UNKNOWN_AUTHORITY.has(code)
      ? { kind: 'authority', text: verifying('certificate signed by unknown authority') }
      : { kind: 'name', text: verifying(`certificate is not valid for ${host}`) };
  }
  if (OUT_OF_DATE.has(code)) {
    return { kind: 'certificate', text: verifying('certificate has expired or is not yet valid') };
  }
  return handshakeProblem(errorMessage(error));
}

function verifying(what: string): string {
  return `tls: failed to verify certificate: x509: ${what}`;
}

function handshakeProblem(message: string): TlsProblem | undefined {
  if (/:wrong version number:|:packet length too long:/.test(message)) {
    return { kind: 'record', text: 'tls: first record does not look like a TLS handshake' };
  }
  const alert = Number(/SSL alert number (\d+)/.exec(message)?.[1] ?? Number.NaN);
  if (Number.isNaN(alert)) return undefined;
  return { kind: 'alert', text: `remote error: tls: ${ALERTS.get(alert) ?? `alert(${alert})`}` };
}

function nameProblem(host: string, certificate: PeerCertificate): string | undefined {
  const names = (certificate.subjectaltname ?? '').split(', ');
  const of = (kind: string): string[] =>
    names.flatMap((name) => (name.startsWith(`${kind}:`) ? [name.slice(kind.length + 1)] : []));
  const [domains, addresses] = [of('DNS'), of('IP Address')];
  if (domains.length + addresses.length === 0 && certificate.subject?.CN === host) {
    return 'certificate relies on legacy Common Name field, use SANs instead';
  }
  if (domains.length + addresses.length > 0 && checkServerIdentity(host, certificate) === undefined) return undefined;
  if (isIP(host) > 0) {
    return addresses.length === 0
      ? `cannot validate certificate for ${host} because it doesn't contain any IP SANs`
      : `certificate is valid for ${addresses.join(', ')}, not ${host}`;
  }
  return domains.length === 0
    ? `certificate is not valid for any names, but wanted to match ${host}`
    : `certificate is valid for ${domains.join(', ')}, not ${host}`;
}
