import type { HeadSize } from '../http/head-limit.js';
import type { HttpRequest } from '../http/http-exchange.js';
import { addressFromBytes } from '../http/remote-address.js';

/**
 * What the library can be asked for the peer's address: a response or a WebSocket, while it is
 * alive.
 */
export interface AddressSource {
  getRemoteAddress(): ArrayBuffer;
}

/** Who knows the address once the response has become a WebSocket. */
export interface AddressKeeper {
  readonly host: string;
}

/**
 * A request of uWebSockets.js. All is copied but the address, which costs as much as all headers
 * and is mostly not wanted of who connects: it is read when it is asked for. Measured by
 * bench/connect-storm.
 */
export class CopiedRequest implements HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: ReadonlyMap<string, string>;
  /** Of its line and headers; the library itself only counts what comes in several segments. */
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

  /** Undefined when it was not asked for. */
  get knownAddress(): string | undefined {
    return this.#host;
  }

  /** Says who is behind the peer. */
  setAddress(host: string): void {
    this.#host = host;
  }

  /** To be called while the response is alive: the address is valid for ever afterwards. */
  keep(): void {
    this.#read();
    this.#source = undefined;
  }

  /** The response has become a WebSocket and is alive no more. */
  keptBy(keeper: AddressKeeper): void {
    this.#keeper = keeper;
    this.#source = undefined;
  }

  #read(): string {
    this.#host ??= this.#source === undefined ? '' : readAddress(this.#source);
    return this.#host;
  }
}

/** The peer's address as the library has it. */
export function readAddress(source: AddressSource): string {
  return addressFromBytes(new Uint8Array(source.getRemoteAddress()));
}
