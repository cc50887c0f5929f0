import { createHash, createHmac, randomBytes } from 'node:crypto';
import { wrongType, bytesOf, toArrayBuffer } from '../runtime/values.js';

/**
 * MD4 (RFC 1320), which OpenSSL 3 removed and `k6/crypto` still has. For compatibility only, never
 * for security.
 */
export function md4(input: Uint8Array): Buffer {
  const blocks = padded(input);
  const state: State = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476];
  for (let offset = 0; offset < blocks.length; offset += 64) addBlock(state, blocks.subarray(offset, offset + 64));
  const digest = Buffer.alloc(16);
  state.forEach((word, index) => digest.writeUInt32LE(word >>> 0, index * 4));
  return digest;
}

type State = [number, number, number, number];

const ROUNDS = [
  { mix: (x: number, y: number, z: number) => (x & y) | (~x & z), add: 0, shifts: [3, 7, 11, 19], step: 1, jump: 4 },
  {
    mix: (x: number, y: number, z: number) => (x & y) | (x & z) | (y & z),
    add: 0x5a827999,
    shifts: [3, 5, 9, 13],
    step: 4,
    jump: 1,
  },
  { mix: (x: number, y: number, z: number) => x ^ y ^ z, add: 0x6ed9eba1, shifts: [3, 9, 11, 15], step: 0, jump: 0 },
] as const;
const THIRD_ORDER = [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15];

function addBlock(state: State, block: Buffer): void {
  let [a, b, c, d] = state;
  for (const { mix, add, shifts, step, jump } of ROUNDS) {
    for (let index = 0; index < 16; index += 1) {
      const inOrder = (index % 4) * step + Math.floor(index / 4) * jump;
      const word = block.readUInt32LE(4 * (step === 0 ? (THIRD_ORDER[index] ?? 0) : inOrder));
      const sum = (a + mix(b, c, d) + word + add) | 0;
      const shift = shifts[index % 4] ?? 0;
      [a, b, c, d] = [d, (sum << shift) | (sum >>> (32 - shift)), b, c];
    }
  }
  state[0] = (state[0] + a) | 0;
  state[1] = (state[1] + b) | 0;
  state[2] = (state[2] + c) | 0;
  state[3] = (state[3] + d) | 0;
}

function padded(input: Uint8Array): Buffer {
  const length = Math.ceil((input.length + 9) / 64) * 64;
  const blocks = Buffer.alloc(length);
  blocks.set(input);
  blocks[input.length] = 0x80;
  blocks.writeBigUInt64LE(BigInt(input.length) * 8n, length - 8);
  return blocks;
}

/** Names of hash algorithms: k6's to node:crypto's. */
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

/**
 * The object that `createHash` and `createHMAC` return. It remains usable after `digest`, as in k6.
 */
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
