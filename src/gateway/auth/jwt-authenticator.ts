import type { Clock } from '../../core/clock.js';
import type { JwtConfig } from '../config/access-config.js';
import { parseQuery } from '../tag-index/parse-query.js';
import type { HttpRequest } from '../transport/http/http-exchange.js';
import {
  unavailable,
  firstSpoken,
  offeredSubprotocols,
  type Authenticator,
  type AuthOutcome,
  claimTags,
} from './authenticator.js';
import { JwtVerifier } from './jwt-verifier.js';

const BEARER = /^bearer +(\S+) *$/i;

/**
 * Accepts clients with a signed token. Its claims become tags, and the connection closes when it
 * expires.
 */
export class JwtAuthenticator implements Authenticator {
  readonly #config: JwtConfig;
  readonly #subprotocols: readonly string[];
  readonly #verifier: JwtVerifier;

  /** `subprotocols` are those that the endpoint supports. */
  constructor(config: JwtConfig, subprotocols: readonly string[], clock: Clock) {
    this.#config = config;
    this.#subprotocols = subprotocols;
    this.#verifier = new JwtVerifier(config, clock);
  }

  start(): Promise<void> {
    return this.#verifier.start();
  }

  reload(): Promise<void> {
    return this.#verifier.reload();
  }

  async decide(request: HttpRequest): Promise<AuthOutcome> {
    const found = findToken(request, this.#config);
    if (found === undefined) return refused('no token', 'Bearer');
    const verification = await this.#verifier.verify(found.token);
    switch (verification.kind) {
      case 'unavailable':
        return unavailable(verification.why);
      case 'refused':
        return refused(verification.why, `Bearer error="invalid_token", error_description="${verification.why}"`);
      case 'valid': {
        const { claimsToTags, clockToleranceS } = this.#config;
        const { exp } = verification.claims;
        const expiresAtMs = exp === undefined ? undefined : (exp + clockToleranceS) * 1000;
        const grant = { tags: claimTags(verification.claims, claimsToTags), expiresAtMs };
        // A browser rejects an answer without one of the subprotocols that it offered.
        const subprotocol = firstSpoken(request.headers, this.#subprotocols) ?? found.subprotocol;
        return { accept: true, grant, subprotocol };
      }
    }
  }
}

function refused(why: string, challenge: string): AuthOutcome {
  const rejection = { accept: false, status: 401, headers: { 'WWW-Authenticate': challenge } } as const;
  return { accept: false, why, isUnavailable: false, rejection };
}

/** Places of a token besides `Authorization`. */
interface TokenPlaces {
  readonly queryKey: string | undefined;
  readonly subprotocolPrefix: string | undefined;
}

/** A token, and the offered subprotocol that contained it. */
interface FoundToken {
  readonly token: string;
  readonly subprotocol?: string;
}

/**
 * Finds the token of a request: in `Authorization: Bearer`, else in the query, else in a
 * subprotocol; undefined without one.
 */
function findToken(request: HttpRequest, places: TokenPlaces): FoundToken | undefined {
  const bearer = BEARER.exec(request.headers.get('authorization') ?? '')?.[1];
  if (bearer !== undefined) return { token: bearer };
  return queryToken(request, places) ?? subprotocolToken(request, places);
}

function queryToken({ query }: HttpRequest, { queryKey }: TokenPlaces): FoundToken | undefined {
  if (queryKey === undefined || query === '') return undefined;
  const token = parseQuery(query).get(queryKey);
  return token === undefined || token === '' ? undefined : { token };
}

function subprotocolToken({ headers }: HttpRequest, { subprotocolPrefix }: TokenPlaces): FoundToken | undefined {
  if (subprotocolPrefix === undefined) return undefined;
  const subprotocol = offeredSubprotocols(headers).find(
    (name) => name.startsWith(subprotocolPrefix) && name.length > subprotocolPrefix.length,
  );
  return subprotocol === undefined ? undefined : { token: subprotocol.slice(subprotocolPrefix.length), subprotocol };
}
