import { allocateBody } from '../frame-room.js';

/**
 * Gathers a request's body up to a limit; `done` resolves once, to undefined when the body was too
 * large or broke off.
 */
export class BodyCollector {
  readonly done: Promise<Uint8Array | undefined>;
  readonly #limitBytes: number;
  /**
   * What `Content-Length` says: so much is reserved at once when the body comes in several chunks.
   */
  readonly #announcedBytes: number;
  #body: Buffer | undefined;
  #bytes = 0;
  #resolve: (body: Uint8Array | undefined) => void = () => undefined;

  /** `announcedBytes` is 0 where nobody knows; it need not be true. */
  constructor(limitBytes: number, announcedBytes: number) {
    this.#limitBytes = limitBytes;
    this.#announcedBytes = announcedBytes;
    this.done = new Promise((resolve) => {
      this.#resolve = resolve;
      if (announcedBytes > limitBytes) this.abort();
    });
  }

  /**
   * Copies the chunk, which the caller may overwrite afterwards. A body that outgrows the limit is
   * given up.
   */
  add(chunk: Uint8Array, isLast: boolean): void {
    const bytes = this.#bytes + chunk.length;
    if (bytes > this.#limitBytes) {
      this.abort();
      return;
    }
    const body = this.#roomFor(bytes, isLast);
    body.set(chunk, this.#bytes);
    this.#bytes = bytes;
    if (isLast) this.end();
  }

  end(): void {
    const body = this.#body;
    if (body === undefined) {
      this.#resolve(Buffer.alloc(0));
      return;
    }
    // A message that waits for a slow reader counts with its length: it must not keep more than
    // that alive.
    this.#resolve(body.length === this.#bytes ? body : copyOf(body, this.#bytes));
  }

  /** Lets go of what was kept; what still comes is not. */
  abort(): void {
    this.#body = undefined;
    this.#bytes = Number.POSITIVE_INFINITY;
    this.#resolve(undefined);
  }

  /**
   * One buffer from first to last where the length is known; else each new one has twice the room.
   */
  #roomFor(bytes: number, isLast: boolean): Buffer {
    const old = this.#body;
    if (old !== undefined && old.length >= bytes) return old;
    const wanted = isLast ? bytes : Math.max(this.#announcedBytes, Math.min(2 * bytes, this.#limitBytes));
    const body = allocateBody(wanted);
    if (old !== undefined) body.set(old.subarray(0, this.#bytes));
    this.#body = body;
    return body;
  }
}

function copyOf(body: Buffer, bytes: number): Buffer {
  const copy = allocateBody(bytes);
  body.copy(copy, 0, 0, bytes);
  return copy;
}
