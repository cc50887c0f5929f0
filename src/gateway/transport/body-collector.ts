/** Gathers a request's body up to a limit; `done` resolves once, to undefined when the body was too large or broke off. */
export class BodyCollector {
  readonly done: Promise<Uint8Array | undefined>;
  readonly #limitBytes: number;
  readonly #chunks: Uint8Array[] = [];
  #bytes = 0;
  #resolve: (body: Uint8Array | undefined) => void = () => undefined;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
    this.done = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** Whether `bytes` more still fit; when they do not, the body is given up and what was kept is let go of. */
  hasRoomFor(bytes: number): boolean {
    if (this.#bytes + bytes <= this.#limitBytes) return true;
    this.abort();
    return false;
  }

  /** Keeps the chunk itself: the caller owns it no more. */
  add(chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    this.#chunks.push(chunk);
  }

  end(): void {
    const [first] = this.#chunks;
    this.#resolve(this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks));
  }

  abort(): void {
    this.#chunks.length = 0;
    this.#bytes = Number.POSITIVE_INFINITY;
    this.#resolve(undefined);
  }
}
