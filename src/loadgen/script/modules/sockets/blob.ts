import { asText, bytesOf, isObject, property, toArrayBuffer } from '../../runtime/values.js';

/** `Blob` of `k6/websockets`: bytes whose promises resolve at once. */
export class Blob {
  readonly type: string;
  readonly #bytes: Buffer;

  constructor(parts: unknown = [], options?: unknown) {
    if (!Array.isArray(parts)) throw new TypeError('Blob: a list of parts was expected');
    this.#bytes = Buffer.concat(parts.map((part: unknown) => (part instanceof Blob ? part.#bytes : partBytes(part))));
    this.type = isObject(options) ? asText(property(options, 'type') ?? '') : '';
  }

  get size(): number {
    return this.#bytes.length;
  }

  text(): Promise<string> {
    return Promise.resolve(this.#bytes.toString('utf8'));
  }

  arrayBuffer(): Promise<ArrayBuffer> {
    return Promise.resolve(toArrayBuffer(this.#bytes));
  }

  bytes(): Promise<Uint8Array> {
    return Promise.resolve(this.copy());
  }

  /** The bytes, for sending. */
  copy(): Uint8Array {
    return new Uint8Array(toArrayBuffer(this.#bytes));
  }

  slice(start?: number, end?: number, type?: unknown): Blob {
    return new Blob([toArrayBuffer(this.#bytes.subarray(start, end))], { type: type ?? '' });
  }
}

function partBytes(part: unknown): Buffer {
  return bytesOf(Array.isArray(part) ? String(part) : part) ?? Buffer.from(String(part));
}
