import type { HttpStream } from '../transport/http-exchange.js';

/** Writes chunks as fast as the peer reads them, then ends the stream; stops asking for more when the peer has gone. */
export async function writeChunks(stream: HttpStream, chunks: AsyncIterable<string>): Promise<void> {
  const pace = new StreamPace(stream);
  for await (const chunk of chunks) {
    if (pace.closed) return;
    if (chunk !== '' && !stream.write(chunk)) await pace.writable();
  }
  stream.end();
}

/** Waits for a stream to take more, or to be gone. */
class StreamPace {
  closed = false;
  #wake: (() => void) | undefined;

  constructor(stream: HttpStream) {
    stream.onDrain(() => this.#wake?.());
    stream.onClose(() => {
      this.closed = true;
      this.#wake?.();
    });
  }

  writable(): Promise<void> {
    return this.closed ? Promise.resolve() : new Promise((resolve) => (this.#wake = resolve));
  }
}
