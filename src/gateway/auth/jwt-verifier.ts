import { readFile } from 'node:fs/promises';
import type * as joseModule from 'jose';
import type { JWTPayload, JWTVerifyGetKey, JWTVerifyOptions } from 'jose';
import type { Clock } from '../../core/clock.js';
import { errorMessage, systemErrorCode, WsgError } from '../../core/error.js';
import type { JwtConfig } from '../config/access-config.js';
import { RemoteKeySet, fetchKeySet } from './remote-key-set.js';

/** Algorithms by kind of key, so that a public key is never used as a secret. */
export const SECRET_ALGORITHMS = ['HS256', 'HS384', 'HS512'] as const;
export const KEY_SET_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const;
/** A key for HS256 must have at least as many bytes as its hash (RFC 7518, 3.2). */
export const MIN_SECRET_BYTES = 32;

/** The result of verifying a token. `why` is for logs and never contains parts of the token. */
export type Verification =
  | { readonly kind: 'valid'; readonly claims: JWTPayload }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'unavailable'; readonly why: string };

type Jose = typeof joseModule;

/** Less than the 10 s that an upgrade may take. */
const KEY_SET_TIMEOUT_MS = 5_000;
const ALWAYS = Number.POSITIVE_INFINITY;

/** Refusals by jose's error code; other codes mean a malformed token. */
const REFUSALS: Readonly<Record<string, string>> = {
  ERR_JWT_EXPIRED: 'expired',
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: 'bad signature',
  ERR_JWKS_NO_MATCHING_KEY: 'unknown key',
  ERR_JWKS_MULTIPLE_MATCHING_KEYS: 'bad signature',
  ERR_JOSE_ALG_NOT_ALLOWED: 'algorithm not allowed',
  ERR_JWT_CLAIM_VALIDATION_FAILED: 'a claim does not fit',
};
/** Error codes for a key set with an invalid answer or none. */
const KEY_SET_FAILURES: ReadonlySet<string> = new Set(['ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID', 'ERR_JOSE_GENERIC']);

/** Verifies signed tokens: signature, algorithm, issuer, audience and times. */
export class JwtVerifier {
  readonly #config: JwtConfig;
  readonly #clock: Clock;
  #jose: Jose | undefined;
  #secret: Uint8Array | undefined;
  #keySet: JWTVerifyGetKey | undefined;

  constructor(config: JwtConfig, clock: Clock) {
    this.#config = config;
    this.#clock = clock;
  }

  /**
   * Loads the secret; rejects with `secret.unreadable`. A key set is fetched for the first token.
   */
  async start(): Promise<void> {
    this.#jose = await import('jose');
    await this.reload();
    if (this.#config.jwksUrl === undefined) return;
    this.#keySet = remoteKeySet(this.#jose, this.#config.jwksUrl, this.#clock);
  }

  /** Reloads the secret's file. Rejects with `secret.unreadable` and then keeps the old secret. */
  async reload(): Promise<void> {
    const { secret, secretFile } = this.#config;
    if (secretFile !== undefined) this.#secret = await readSecret(secretFile);
    else if (secret !== undefined) this.#secret = Buffer.from(secret);
  }

  /** Never rejects. */
  async verify(token: string): Promise<Verification> {
    try {
      return { kind: 'valid', claims: await this.#verify(token) };
    } catch (thrown) {
      return this.#explain(thrown);
    }
  }

  async #verify(token: string): Promise<JWTPayload> {
    const jose = this.#jose;
    if (jose === undefined) throw new Error('not started');
    const options = this.#checks();
    if (this.#keySet === undefined) {
      return (await jose.jwtVerify(token, this.#secret ?? new Uint8Array(), options)).payload;
    }
    try {
      return (await jose.jwtVerify(token, this.#keySet, options)).payload;
    } catch (thrown) {
      // A token without a key id may be signed with any key of the set.
      if (!(thrown instanceof jose.errors.JWKSMultipleMatchingKeys)) throw thrown;
      return await verifyWithAny(jose, token, thrown, options);
    }
  }

  #checks(): JWTVerifyOptions {
    const { algorithms, issuer, audience, clockToleranceS, jwksUrl } = this.#config;
    const fitting = jwksUrl === undefined ? SECRET_ALGORITHMS : KEY_SET_ALGORITHMS;
    return {
      algorithms: algorithms.length === 0 ? [...fitting] : [...algorithms],
      issuer,
      audience,
      clockTolerance: clockToleranceS,
      currentDate: new Date(this.#clock.wallNow()),
    };
  }

  #explain(thrown: unknown): Verification {
    const code = systemErrorCode(thrown) ?? '';
    if (KEY_SET_FAILURES.has(code)) return { kind: 'unavailable', why: errorMessage(thrown) };
    if (code.startsWith('ERR_J')) return { kind: 'refused', why: REFUSALS[code] ?? 'malformed' };
    // Errors that are not jose's come from fetching the key set, or from a token that jose's checks
    // did not expect.
    return this.#keySet === undefined
      ? { kind: 'refused', why: 'malformed' }
      : { kind: 'unavailable', why: 'the key set cannot be fetched' };
  }
}

/**
 * Creates a key set that jose never considers stale, so that it is fetched only on first use and on
 * request.
 */
function remoteKeySet(jose: Jose, url: string, clock: Clock): JWTVerifyGetKey {
  const keys = jose.createRemoteJWKSet(new URL(url), {
    timeoutDuration: KEY_SET_TIMEOUT_MS,
    cooldownDuration: ALWAYS,
    cacheMaxAge: ALWAYS,
    [jose.customFetch]: fetchKeySet,
  });
  const isUnknownKey = (thrown: unknown): boolean => thrown instanceof jose.errors.JWKSNoMatchingKey;
  return new RemoteKeySet({ keys, isUnknownKey, clock }).keyOf;
}

async function verifyWithAny(
  jose: Jose,
  token: string,
  keys: InstanceType<Jose['errors']['JWKSMultipleMatchingKeys']>,
  options: JWTVerifyOptions,
): Promise<JWTPayload> {
  for await (const key of keys) {
    try {
      return (await jose.jwtVerify(token, key, options)).payload;
    } catch (thrown) {
      if (!(thrown instanceof jose.errors.JWSSignatureVerificationFailed)) throw thrown;
    }
  }
  throw new jose.errors.JWSSignatureVerificationFailed();
}

async function readSecret(file: string): Promise<Uint8Array> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw unreadable(`The file of the JWT secret ${file} cannot be read: ${errorMessage(cause)}.`, cause);
  }
  const secret = Buffer.from(text.replace(/\r?\n$/, ''));
  if (secret.length < MIN_SECRET_BYTES) {
    throw unreadable(`The JWT secret in ${file} has ${secret.length} bytes; at least ${MIN_SECRET_BYTES} are needed.`);
  }
  return secret;
}

function unreadable(sentence: string, cause?: unknown): WsgError {
  return new WsgError('secret.unreadable', sentence, {
    hint: 'The file must contain only the secret; a trailing newline is ignored.',
    cause,
  });
}
