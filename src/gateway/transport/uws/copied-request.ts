import type { HeadSize } from '../http/head-limit.js';
import type { HttpRequest } from '../http/http-exchange.js';
import { addressFromBytes } from '../http/remote-address.js';

/** A response or a WebSocket of the library, which knows the peer's address while it is alive. */
export interface AddressSource {
  getRemoteAddress(): ArrayBuffer;
}

/** The socket that knows the address once the response has become a WebSocket. */
export interface AddressKeeper {
  readonly host: string;
}

/**
 * A request of uWebSockets.js. Everything is copied except the address, which costs as much as all
 * headers and is rarely needed for upgrades: it is read on first use. Measured by
 * bench/connect-storm.
 */
export class CopiedRequest implements HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: ReadonlyMap<string, string>;
  /**
   * Size of request line and headers. The library counts only requests that arrive in several
   * segments.
   */
  readonly size: HeadSize;
  #source: AddressSource | undefined;
  #keeper: AddressKeeper | undefined = undefined;
  #host: string | undefined = undefined;

  constructor(copied: Omit<HttpRequest, 'remoteAddress'>, size: HeadSize, source: AddressSource) {
    this.method = copied.method;
    this.path = copied.path;
    this.query = copied.query;
    this.headers = copied.headers;
    this.size = size;
    this.#source = source;
  }

  get remoteAddress(): string {
    return this.#keeper === undefined ? this.#read() : this.#keeper.host;
  }

  /** The address; undefined if it was never read. */
  get knownAddress(): string | undefined {
    return this.#host;
  }

  /** Sets the address of the client behind the peer. */
  setAddress(host: string): void {
    this.#host = host;
  }

  /** Reads the address while the response is alive, so that it stays valid. */
  keep(): void {
    this.#read();
    this.#source = undefined;
  }

  /** Takes the address from the WebSocket that replaced the response. */
  keptBy(keeper: AddressKeeper): void {
    this.#keeper = keeper;
    this.#source = undefined;
  }

  #read(): string {
    this.#host ??= this.#source === undefined ? '' : readAddress(this.#source);
    return this.#host;
  }
}

/** Reads the peer's address from the library. */
export function readAddress(source: AddressSource): string {
  return addressFromBytes(new Uint8Array(source.getRemoteAddress()));
}
