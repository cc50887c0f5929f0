import type { z } from 'zod';
import { KEY_SET_ALGORITHMS, MIN_SECRET_BYTES, SECRET_ALGORITHMS } from '../auth/jwt-verifier.js';

/** The part of an endpoint's authentication that is validated together. */
interface AuthKeys {
  readonly mode: 'none' | 'jwt' | 'webhook';
  readonly jwt: {
    readonly secret: string;
    readonly secret_file: string;
    readonly jwks_url: string;
    readonly algorithms: readonly string[];
  };
  readonly webhook: { readonly url: string };
}

interface Problem {
  readonly path: (string | number)[];
  readonly message: string;
}

/**
 * Adds the problems of keys that depend on one another. No problem contains a value that may be a
 * secret.
 */
export function addAuthProblems(auth: AuthKeys, context: z.core.$RefinementCtx): void {
  for (const problem of problemsOf(auth)) context.addIssue({ code: 'custom', ...problem });
}

function problemsOf({ mode, jwt, webhook }: AuthKeys): Problem[] {
  switch (mode) {
    case 'none':
      return [];
    case 'jwt':
      return jwtProblems(jwt);
    case 'webhook':
      return isUrl(webhook.url) ? [] : [{ path: ['webhook', 'url'], message: NO_URL }];
  }
}

const NO_URL = 'must be an http:// or https:// URL without a user in it';

function jwtProblems({ secret, secret_file, jwks_url, algorithms }: AuthKeys['jwt']): Problem[] {
  const problems: Problem[] = [];
  const given = [secret, secret_file, jwks_url].filter((text) => text !== '').length;
  if (given !== 1) {
    problems.push({
      path: ['jwt'],
      message: `must have exactly one of secret, secret_file and jwks_url (got ${given})`,
    });
  }
  if (secret !== '' && Buffer.byteLength(secret) < MIN_SECRET_BYTES) {
    problems.push({ path: ['jwt', 'secret'], message: `must have at least ${MIN_SECRET_BYTES} bytes` });
  }
  if (jwks_url !== '' && !isUrl(jwks_url)) problems.push({ path: ['jwt', 'jwks_url'], message: NO_URL });
  const fitting: readonly string[] = jwks_url === '' ? SECRET_ALGORITHMS : KEY_SET_ALGORITHMS;
  algorithms.forEach((algorithm, index) => {
    if (fitting.includes(algorithm)) return;
    const kind = jwks_url === '' ? 'a secret' : 'a key set';
    const message = `'${algorithm}' does not fit ${kind}; use one of ${fitting.join(', ')}`;
    problems.push({ path: ['jwt', 'algorithms', index], message });
  });
  return problems;
}

function isUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return (protocol === 'http:' || protocol === 'https:') && username === '' && password === '';
}
