import { systemErrorCode } from '../../core/error.js';
import { BackendRefusal } from '../../core/backend-refusal.js';

/** What Redis answered instead of doing it. The message holds no argument of ours. */
export class RedisError extends Error {
  override readonly name = 'RedisError';
  /** The first word: `WRONGTYPE`, `OOM`, `ERR`... */
  readonly code: string;

  /** `text` is the reply without its minus sign. */
  constructor(text: string) {
    // Redis quotes the arguments of commands that it does not know: they may be a password or a
    // payload.
    const unquoted = text.replace(/,? with args beginning with:.*$/s, '');
    // Some of its sentences end with a dot, most do not; ours bring their own.
    const shown = unquoted.replace(/\.$/, '');
    super(shown);
    this.code = /^[A-Z][A-Z0-9_]*/.exec(shown)?.[0] ?? 'ERR';
  }
}

/**
 * The connection ended while replies were owed: whether the commands behind the answered ones were
 * run is not known.
 */
export class RedisConnectionLost extends Error {
  override readonly name = 'RedisConnectionLost';

  constructor(
    reason: string,
    /** So many commands of the exchange had been answered. */
    readonly answered: number,
  ) {
    super(`the connection to Redis ended: ${reason}`);
  }
}

const ACCESS_CODES: ReadonlySet<string> = new Set(['WRONGPASS', 'NOAUTH', 'NOPERM', 'DENIED']);
/** What Node says of a certificate that it does not trust. */
const CERTIFICATE_CODES = /^(CERT_|ERR_TLS_CERT|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_(GET_ISSUER|VERIFY_LEAF))/;

/**
 * True for what waiting does not mend at the set-up: credentials, rights, a database that does not
 * exist, a certificate that is not trusted, a Cluster or a Sentinel.
 */
export function isRefusal(error: unknown): boolean {
  if (error instanceof BackendRefusal) return true;
  if (error instanceof RedisError) {
    return ACCESS_CODES.has(error.code) || /^ERR (AUTH|DB index|invalid DB|Client sent AUTH)/i.test(error.message);
  }
  return error instanceof Error && CERTIFICATE_CODES.test(systemErrorCode(error.cause) ?? '');
}

/**
 * True when this command was refused for its key or its value, whatever happens elsewhere.
 * Everything else (OOM, LOADING, READONLY, MISCONF...) is about Redis.
 */
export function isRefusedForGood(error: RedisError): boolean {
  const { code, message } = error;
  return (
    isRefusedStream(error) ||
    (code === 'ERR' && /Protocol error: invalid bulk length|too large|exceeds maximum/i.test(message))
  );
}

/** What Redis says of itself or of our user, whatever the command: no event is at fault. */
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

/** False for what may be about one command, such as the end of a stream's ids. */
export function isAboutServer({ code }: RedisError): boolean {
  return ABOUT_SERVER.has(code);
}

/** True for the key: it holds another type, or is forbidden to us. Both may change. */
export function isRefusedStream({ code, message }: RedisError): boolean {
  if (code === 'WRONGTYPE') return true;
  // `NOPERM this user has no permissions to run the 'xadd' command` is about us and not about the
  // key.
  return code === 'NOPERM' && /key/i.test(message) && !/run the/i.test(message);
}
