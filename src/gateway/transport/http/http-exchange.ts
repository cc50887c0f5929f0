/** An HTTP request, copied from the library: valid for ever. */
export interface HttpRequest {
  readonly method: string;
  /** As sent, before any `?`, not decoded. */
  readonly path: string;
  /** What follows the `?`, not decoded, '' when there is none. */
  readonly query: string;
  /**
   * Lower-case names; repeated lines joined by `, `, those of `cookie` by `; `. Bytes are UTF-8
   * where they can be, else latin-1.
   */
  readonly headers: ReadonlyMap<string, string>;
  /** The peer's address without port. */
  readonly remoteAddress: string;
}

/** A whole answer. `Content-Length` is set by the transport. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/**
 * An answer in pieces, for streams such as Server-Sent Events. On uws the head leaves with the
 * first piece, so write one at once. Every method is safe after the peer has gone.
 */
export interface HttpStream {
  /**
   * False: the peer reads slower than we write; wait for `onDrain` before the next write (nothing
   * is lost meanwhile).
   */
  write(chunk: string | Uint8Array): boolean;
  onDrain(listener: () => void): void;
  /**
   * Called once when the peer is gone or the transport stops, unless `end` came first; at once when
   * it already is.
   */
  onClose(listener: () => void): void;
  end(): void;
}

/**
 * One request and its answer: exactly one of `answer` and `stream` is to be called, at any later
 * time.
 */
export interface HttpExchange {
  readonly request: HttpRequest;
  /**
   * The body, or undefined as soon as it is larger than the limit or the peer has gone. To be
   * called at most once, in the tick of the request.
   */
  readBody(limitBytes: number): Promise<Uint8Array | undefined>;
  answer(answer: HttpAnswer): void;
  stream(answer: { readonly status: number; readonly headers?: Readonly<Record<string, string>> }): HttpStream;
}

/**
 * Answers each request that is no WebSocket upgrade on an endpoint's path. A rejected promise
 * becomes a 500.
 */
export type HttpHandler = (exchange: HttpExchange) => void | Promise<void>;
