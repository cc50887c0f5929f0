/** An HTTP request, copied from the library, so it stays valid. */
export interface HttpRequest {
  readonly method: string;
  /** The target before any `?`, as sent, not decoded. */
  readonly path: string;
  /** The target after the `?`, not decoded; '' without one. */
  readonly query: string;
  /**
   * Headers with lower-case names. Repeated lines are joined by `, `, those of `cookie` by `; `.
   * Values are decoded as UTF-8 where valid, else as latin-1.
   */
  readonly headers: ReadonlyMap<string, string>;
  /** The peer's address without port. */
  readonly remoteAddress: string;
}

/** A complete answer. The transport sets `Content-Length`. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/**
 * A streamed answer, for instance of Server-Sent Events. On uws the head is sent with the first
 * chunk, so write one at once. Every method is safe after the peer has disconnected.
 */
export interface HttpStream {
  /**
   * Returns false under backpressure: wait for `onDrain` before the next write. Nothing is lost.
   */
  write(chunk: string | Uint8Array): boolean;
  onDrain(listener: () => void): void;
  /**
   * Calls `listener` once when the peer disconnects or the transport stops, unless `end` came
   * first; at once if that has happened.
   */
  onClose(listener: () => void): void;
  end(): void;
}

/** One request and its answer. Call exactly one of `answer` and `stream`, at any time. */
export interface HttpExchange {
  readonly request: HttpRequest;
  /**
   * Resolves to the body, or to undefined once it exceeds the limit or the peer has disconnected.
   * Call it at most once, in the tick of the request.
   */
  readBody(limitBytes: number): Promise<Uint8Array | undefined>;
  answer(answer: HttpAnswer): void;
  stream(answer: { readonly status: number; readonly headers?: Readonly<Record<string, string>> }): HttpStream;
}

/**
 * Answers every request that is not a WebSocket upgrade on an endpoint's path. A rejected promise
 * becomes a 500.
 */
export type HttpHandler = (exchange: HttpExchange) => void | Promise<void>;
