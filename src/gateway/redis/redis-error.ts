import { systemErrorCode } from '../../core/error.js';
import { BackendRefusal } from '../../core/backend-refusal.js';

/** An error reply of Redis. The message contains no argument of the command. */
export class RedisError extends Error {
  override readonly name = 'RedisError';
  /** The first word: `WRONGTYPE`, `OOM`, `ERR`... */
  readonly code: string;

  /** `text` is the reply without its minus sign. */
  constructor(text: string) {
    // Redis quotes the arguments of unknown commands, which may be a password or a payload.
    const unquoted = text.replace(/,? with args beginning with:.*$/s, '');
    // Few sentences of Redis end with a full stop; the sentences around them have one.
    const shown = unquoted.replace(/\.$/, '');
    super(shown);
    this.code = /^[A-Z][A-Z0-9_]*/.exec(shown)?.[0] ?? 'ERR';
  }
}

/**
 * The connection ended while replies were outstanding. Whether the commands behind the answered
 * ones were run is not known.
 */
export class RedisConnectionLost extends Error {
  override readonly name = 'RedisConnectionLost';

  constructor(
    reason: string,
    /** The number of commands of the exchange that were answered. */
    readonly answered: number,
  ) {
    super(`the connection to Redis ended: ${reason}`);
  }
}

const ACCESS_CODES: ReadonlySet<string> = new Set(['WRONGPASS', 'NOAUTH', 'NOPERM', 'DENIED']);
/** Node's codes for a certificate that is not trusted. */
const CERTIFICATE_CODES = /^(CERT_|ERR_TLS_CERT|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_(GET_ISSUER|VERIFY_LEAF))/;

/**
 * True for errors at the set-up that a retry does not resolve: credentials, rights, a database that
 * does not exist, a certificate that is not trusted, a Cluster or a Sentinel.
 */
export function isRefusal(error: unknown): boolean {
  if (error instanceof BackendRefusal) return true;
  if (error instanceof RedisError) {
    return ACCESS_CODES.has(error.code) || /^ERR (AUTH|DB index|invalid DB|Client sent AUTH)/i.test(error.message);
  }
  return error instanceof Error && isUntrustedCertificate(error.cause);
}

/** True for a TLS error of Node about the certificate of the peer. */
export function isUntrustedCertificate(error: unknown): boolean {
  return CERTIFICATE_CODES.test(systemErrorCode(error) ?? '');
}

/**
 * True when the command was refused because of its own key or value. All other errors (OOM,
 * LOADING, READONLY, MISCONF...) concern the server.
 */
export function isRefusedForGood(error: RedisError): boolean {
  const { code, message } = error;
  return (
    isRefusedStream(error) ||
    (code === 'ERR' && /Protocol error: invalid bulk length|too large|exceeds maximum/i.test(message))
  );
}

/** Errors about the server or the user, for which no event is at fault. */
const ABOUT_SERVER: ReadonlySet<string> = new Set([
  'OOM',
  'LOADING',
  'READONLY',
  'MISCONF',
  'NOREPLICAS',
  'MASTERDOWN',
  'BUSY',
  'NOAUTH',
  'NOPERM',
  'CLUSTERDOWN',
]);

/** False for errors that may concern one command, such as the end of a stream's ids. */
export function isAboutServer({ code }: RedisError): boolean {
  return ABOUT_SERVER.has(code);
}

/** True when the key has another type or the user has no right to it. Both may change. */
export function isRefusedStream({ code, message }: RedisError): boolean {
  if (code === 'WRONGTYPE') return true;
  // `NOPERM this user has no permissions to run the 'xadd' command` concerns the user, not the key.
  return code === 'NOPERM' && /key/i.test(message) && !/run the/i.test(message);
}
