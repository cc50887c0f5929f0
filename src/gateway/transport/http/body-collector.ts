import { allocateBody } from '../frame-room.js';

/**
 * Collects a request's body up to a limit. `done` resolves once, to undefined when the body was too
 * large or incomplete.
 */
export class BodyCollector {
  readonly done: Promise<Uint8Array | undefined>;
  readonly #limitBytes: number;
  /** From `Content-Length`: reserved at once when the body arrives in several chunks. */
  readonly #announcedBytes: number;
  #body: Buffer | undefined;
  #bytes = 0;
  #resolve: (body: Uint8Array | undefined) => void = () => undefined;

  /** `announcedBytes` is 0 when unknown; it need not be true. */
  constructor(limitBytes: number, announcedBytes: number) {
    this.#limitBytes = limitBytes;
    this.#announcedBytes = announcedBytes;
    this.done = new Promise((resolve) => {
      this.#resolve = resolve;
      if (announcedBytes > limitBytes) this.abort();
    });
  }

  /**
   * Copies the chunk, which the caller may overwrite afterwards. A body above the limit is
   * discarded.
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
    // A message queued for a slow reader counts with its length, so it must not keep more memory
    // alive.
    this.#resolve(body.length === this.#bytes ? body : copyOf(body, this.#bytes));
  }

  /** Discards what was collected and what still arrives. */
  abort(): void {
    this.#body = undefined;
    this.#bytes = Number.POSITIVE_INFINITY;
    this.#resolve(undefined);
  }

  /**
   * Uses a single buffer where the length is known; otherwise each new buffer is twice as large.
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
