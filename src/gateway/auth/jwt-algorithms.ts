/** Of each kind of key its own algorithms: a public key is never taken for a secret. */
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
/** RFC 7518, 3.2: a key for HS256 has at least as many bytes as its hash. */
export const MIN_SECRET_BYTES = 32;
