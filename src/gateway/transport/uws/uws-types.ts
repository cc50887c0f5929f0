/**
 * The part of uWebSockets.js that is used here, as structural types, so that only one file imports
 * the library. Pitfalls: a request is valid until its handler returns; a response or socket throws
 * at every call after it has ended or aborted; buffers passed to handlers are detached afterwards.
 */
export interface UwsModule {
  App(): UwsApp;
  SSLApp(options: { readonly key_file_name: string; readonly cert_file_name: string }): UwsApp;
  us_listen_socket_close(listenSocket: object): void;
  us_socket_local_port(listenSocket: object): number;
  readonly SHARED_COMPRESSOR: number;
  readonly DISABLED: number;
  readonly LIBUS_LISTEN_EXCLUSIVE_PORT: number;
}

export interface UwsApp {
  ws<P>(pattern: string, behavior: UwsBehavior<P>): void;
  any(pattern: string, handler: (res: UwsResponse, req: UwsRequest) => void): void;
  /** The callback runs before this returns, with false when listening failed. */
  listen(host: string, port: number, options: number, done: (listenSocket: object | false) => void): void;
  publish(topic: string, message: Uint8Array, isBinary: boolean, compress: boolean): boolean;
  close(): void;
}

export interface UwsBehavior<P> {
  readonly maxPayloadLength: number;
  readonly maxBackpressure: number;
  readonly idleTimeout: number;
  readonly sendPingsAutomatically: boolean;
  readonly compression: number;
  readonly upgrade: (res: UwsResponse, req: UwsRequest, context: object) => void;
  readonly open: (ws: UwsWebSocket<P>) => void;
  readonly message: (ws: UwsWebSocket<P>, message: ArrayBuffer, isBinary: boolean) => void;
  readonly drain: (ws: UwsWebSocket<P>) => void;
  readonly dropped: (ws: UwsWebSocket<P>, message: ArrayBuffer) => void;
  readonly close: (ws: UwsWebSocket<P>, code: number, reason: ArrayBuffer) => void;
}

export interface UwsWebSocket<P> {
  send(message: Uint8Array, isBinary: boolean, compress: boolean): number;
  getBufferedAmount(): number;
  getRemoteAddress(): ArrayBuffer;
  end(code: number, reason: UwsText): void;
  close(): void;
  cork(writes: () => void): void;
  subscribe(topic: string): boolean;
  unsubscribe(topic: string): boolean;
  getTopics(): string[];
  /** User data passed to `upgrade` is copied onto the socket: here the gateway's socket. */
  readonly peer: P;
}

export interface UwsRequest {
  getUrl(): string;
  getQuery(): string | undefined;
  getCaseSensitiveMethod(): string;
  /** The first line of that name, with one character per byte. */
  getHeader(name: string): string;
  forEach(each: (name: string, value: string) => void): void;
  setYield(yielded: boolean): void;
}

export interface UwsResponse {
  writeStatus(status: string): void;
  writeHeader(name: string, value: UwsText): void;
  write(chunk: UwsText): boolean;
  end(body?: UwsText, closeConnection?: boolean): void;
  endWithoutBody(): void;
  close(): void;
  cork(writes: () => void): void;
  onAborted(listener: () => void): void;
  onData(listener: (chunk: ArrayBuffer, isLast: boolean) => void): void;
  onWritable(listener: () => boolean): void;
  getRemoteAddress(): ArrayBuffer;
  upgrade<P>(
    userData: { readonly peer: P },
    key: UwsText,
    protocol: UwsText,
    extensions: string,
    context: object,
  ): void;
}

const BEYOND_ASCII = /[^\0-\x7f]/;

/** Text in a form that the library accepts. */
export type UwsText = string | Uint8Array;

/**
 * Converts text for the library. Its binaries for Node 24 write a string with no character above
 * U+00FF as latin-1, so non-ASCII text is passed as bytes.
 */
export function uwsText(text: string): UwsText {
  return BEYOND_ASCII.test(text) ? Buffer.from(text) : text;
}
