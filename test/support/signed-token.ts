import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK, type JWTPayload } from 'jose';

/** A secret that is long enough for HS256. */
export const JWT_SECRET = 'a secret of more than thirty-two bytes';

/** A token signed with HS256. */
export function secretToken(claims: JWTPayload, secret = JWT_SECRET, alg = 'HS256'): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg }).sign(Buffer.from(secret));
}

/** A token with the algorithm `none`. */
export function unsignedToken(claims: JWTPayload): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part(claims)}.`;
}

/** A private key, its entry in a key set, and tokens signed with it. */
export class SigningKey {
  readonly #key: CryptoKey;
  readonly #alg: string;

  private constructor(
    key: CryptoKey,
    alg: string,
    readonly publicJwk: JWK,
  ) {
    this.#key = key;
    this.#alg = alg;
  }

  static async create(alg: string, kid?: string): Promise<SigningKey> {
    const { publicKey, privateKey } = await generateKeyPair(alg);
    const named = kid === undefined ? {} : { kid };
    return new SigningKey(privateKey, alg, { ...(await exportJWK(publicKey)), ...named, alg, use: 'sig' });
  }

  sign(claims: JWTPayload): Promise<string> {
    const { kid } = this.publicJwk;
    return new SignJWT(claims).setProtectedHeader({ alg: this.#alg, ...(kid && { kid }) }).sign(this.#key);
  }
}
