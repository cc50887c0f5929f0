import type { HttpStream } from '../http/http-exchange.js';
import type { UwsResponse } from './uws-types.js';

/**
 * Bytes passed to the library at once. A slow reader gets one slice each time the kernel has
 * accepted some bytes, so that the library's buffer, whose size it does not report, stays about
 * this small.
 */
const SLICE_BYTES = 16 * 1024;

/** A chunked answer on uWebSockets.js. The head is sent with the first write. */
export class UwsHttpStream implements HttpStream {
  readonly #isHead: boolean;
  #res: UwsResponse | undefined;
  /** Chunks not yet passed to the library, in order. */
  #waiting: Uint8Array[] = [];
  #isBlocked = false;
  #isEnding = false;
  #isOver: boolean;
  #drained: () => void = () => undefined;
  readonly #closeListeners: (() => void)[] = [];

  constructor(res: UwsResponse | undefined, isHead: boolean) {
    this.#res = res;
    this.#isHead = isHead;
    this.#isOver = res === undefined;
    res?.onWritable(() => {
      this.#writable(res);
      return true;
    });
  }

  write(chunk: string | Uint8Array): boolean {
    const res = this.#res;
    if (res === undefined || this.#isHead || this.#isEnding || chunk.length === 0) return true;
    this.#waiting.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
    if (!this.#isBlocked) this.#pour(res);
    return !this.#isBlocked;
  }

  onDrain(listener: () => void): void {
    this.#drained = listener;
  }

  onClose(listener: () => void): void {
    if (this.#isOver) listener();
    else this.#closeListeners.push(listener);
  }

  end(): void {
    this.#isEnding = true;
    if (this.#waiting.length === 0) this.#finish();
  }

  cut(): void {
    this.#res?.close();
  }

  /** Called by the exchange when the connection is over or the answer complete. */
  closed(): void {
    if (this.#isOver) return;
    this.#res = undefined;
    this.#isOver = true;
    this.#waiting = [];
    if (this.#isEnding) return;
    for (const listener of this.#closeListeners) listener();
  }

  #writable(res: UwsResponse): void {
    // With a listener for writability the library does not flush its own buffer until the next
    // write; the end of a cork counts as one.
    res.cork(() => undefined);
    this.#isBlocked = false;
    this.#pour(res);
    if (this.#isBlocked) return;
    if (this.#isEnding) this.#finish();
    else this.#drained();
  }

  #pour(res: UwsResponse): void {
    res.cork(() => {
      for (let chunk = this.#waiting.shift(); chunk !== undefined; chunk = this.#waiting.shift()) {
        const left = this.#pourChunk(res, chunk);
        if (left.length > 0) this.#waiting.unshift(left);
        if (this.#isBlocked) return;
      }
    });
  }

  /** Returns the rest of the chunk once the stream is blocked. */
  #pourChunk(res: UwsResponse, chunk: Uint8Array): Uint8Array {
    let offset = 0;
    while (offset < chunk.length && !this.#isBlocked) {
      this.#isBlocked = !res.write(chunk.subarray(offset, offset + SLICE_BYTES));
      offset += SLICE_BYTES;
    }
    return chunk.subarray(offset);
  }

  #finish(): void {
    const res = this.#res;
    this.#res = undefined;
    res?.cork(() => (this.#isHead ? res.endWithoutBody() : res.end()));
  }
}
