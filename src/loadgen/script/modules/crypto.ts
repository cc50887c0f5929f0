import { createHash, createHmac, randomBytes } from 'node:crypto';
import { wrongType } from './k6-errors.js';
import { md4 } from './md4.js';
import { bytesOf, toArrayBuffer } from './values.js';

/** k6's names of hashes, and what node:crypto calls them. */
const ALGORITHMS: ReadonlyMap<string, string> = new Map([
  ['md4', 'md4'],
  ['md5', 'md5'],
  ['sha1', 'sha1'],
  ['sha256', 'sha256'],
  ['sha384', 'sha384'],
  ['sha512', 'sha512'],
  ['sha512_224', 'sha512-224'],
  ['sha512_256', 'sha512-256'],
  ['ripemd160', 'ripemd160'],
]);
const MD4_BLOCK_BYTES = 64;

/** The module `k6/crypto`. */
export function createCryptoModule(): object {
  const hashes = [...ALGORITHMS.keys()].map((algorithm) => [
    algorithm,
    (input: unknown, outputEncoding: unknown) => new Hasher(algorithm).update(input).digest(outputEncoding),
  ]);
  return {
    ...Object.fromEntries(hashes),
    createHash: (algorithm: unknown) => new Hasher(algorithm),
    createHMAC: (algorithm: unknown, secret: unknown) => new Hasher(algorithm, secretBytes(secret)),
    hmac: (algorithm: unknown, secret: unknown, input: unknown, outputEncoding: unknown) =>
      new Hasher(algorithm, secretBytes(secret)).update(input).digest(outputEncoding),
    randomBytes: (size: unknown) => random(size),
    hexEncode: (input: unknown) => inputBytes(input).toString('hex'),
  };
}

/** What `createHash` and `createHMAC` return; `digest` does not end it, as in k6. */
class Hasher {
  readonly #algorithm: string;
  readonly #secret: Buffer | undefined;
  #input: Buffer = Buffer.alloc(0);

  constructor(algorithm: unknown, secret?: Buffer) {
    const name = ALGORITHMS.get(String(algorithm));
    if (name === undefined) throw new Error(`invalid algorithm: ${String(algorithm)}`);
    this.#algorithm = name;
    this.#secret = secret;
  }

  update(input: unknown): this {
    this.#input = Buffer.concat([this.#input, inputBytes(input)]);
    return this;
  }

  digest(outputEncoding: unknown): string | ArrayBuffer {
    const bytes = this.#secret === undefined ? this.#hash(this.#input) : this.#mac(this.#secret);
    switch (outputEncoding) {
      case 'hex':
        return bytes.toString('hex');
      case 'base64':
        return bytes.toString('base64');
      case 'base64url':
        return `${bytes.toString('base64url')}${'='.repeat((3 - (bytes.length % 3)) % 3)}`;
      case 'base64rawurl':
        return bytes.toString('base64url');
      case 'binary':
        return toArrayBuffer(bytes);
      default:
        throw new Error(`invalid output encoding: ${String(outputEncoding)}`);
    }
  }

  #hash(input: Buffer): Buffer {
    return this.#algorithm === 'md4' ? md4(input) : createHash(this.#algorithm).update(input).digest();
  }

  #mac(secret: Buffer): Buffer {
    if (this.#algorithm !== 'md4') return createHmac(this.#algorithm, secret).update(this.#input).digest();
    const key = Buffer.alloc(MD4_BLOCK_BYTES);
    (secret.length > MD4_BLOCK_BYTES ? md4(secret) : secret).copy(key);
    const padded = (byte: number): Buffer => Buffer.from(key.map((part) => part ^ byte));
    return md4(Buffer.concat([padded(0x5c), md4(Buffer.concat([padded(0x36), this.#input]))]));
  }
}

function inputBytes(input: unknown): Buffer {
  const bytes = bytesOf(input);
  if (bytes === undefined) throw wrongType('crypto', input, 'a string or an ArrayBuffer');
  return bytes;
}

function secretBytes(secret: unknown): Buffer {
  const bytes = bytesOf(secret);
  if (bytes === undefined) throw wrongType('the secret', secret, 'a string or an ArrayBuffer');
  return bytes;
}

function random(size: unknown): ArrayBuffer {
  const bytes = Number(size);
  if (!Number.isInteger(bytes) || bytes < 1) throw new Error('invalid size');
  return toArrayBuffer(randomBytes(bytes));
}
