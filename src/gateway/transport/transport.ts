import type { CloseReasonName } from '../close-reason.js';
import type { Logger } from '../../core/logger.js';
import type { ListenAddress } from '../../core/listen-address.js';
import type { OnMalformed } from './http/client-errors.js';
import type { LongQueries } from './http/head-limit.js';
import type { PlainConnectionsOptions } from './http/plain-connections.js';
import type { HttpHandler, HttpRequest } from './http/http-exchange.js';
import type { InflateLimits } from './ws/inflater.js';
import type { OutboundMessage, Socket, SocketGroup } from './socket.js';

/** The server library behind a transport. */
export type TransportName = 'uws' | 'ws';

/** The options of one WebSocket path that a transport needs. */
export interface TransportEndpoint {
  readonly path: string;
  /** Maximum size of a client's message; a larger one closes the connection. */
  readonly maxMessageBytes: number;
  /**
   * 8 to 960. A peer that sends neither a pong nor a frame for this long is considered dead. The
   * server sends pings by itself.
   */
  readonly idleTimeoutS: number;
  /** The library's hard limit on bytes buffered for one socket; the limit of delivery is lower. */
  readonly maxBufferedBytes: number;
  /** Offers permessage-deflate (server_no_context_takeover, client_no_context_takeover). */
  readonly compression: boolean;
}

/** Tags and lifetime that an accepted upgrade gives its connection. */
export interface UpgradeGrant {
  /** Override the endpoint's tags; an empty value removes one. */
  readonly tags: ReadonlyMap<string, string>;
  /** Wall-clock time; undefined: without limit. */
  readonly expiresAtMs: number | undefined;
}

/** A refused upgrade. */
export interface UpgradeRejection {
  readonly accept: false;
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** An accepted upgrade, with the subprotocol to answer and the grant to pass to `open`. */
export interface UpgradeAcceptance {
  readonly accept: true;
  readonly subprotocol?: string;
  readonly grant?: UpgradeGrant;
}

/** The answer to a well-formed upgrade; a refusal is an HTTP status. */
export type UpgradeDecision = UpgradeAcceptance | UpgradeRejection;

/**
 * The gateway's callbacks for sockets. `C` is the connection that `open` returns and every later
 * call receives. Each `open` is followed by exactly one `close`. An exception in any of them is
 * logged and ends only that socket (`internal_error`).
 */
export interface TransportHandler<C> {
  /**
   * Decides on an upgrade within 10 s. The transport has already checked method, `Upgrade`,
   * `Connection`, version 13 and key (else 400 or 426).
   */
  upgrade(request: HttpRequest, endpoint: TransportEndpoint): UpgradeDecision | Promise<UpgradeDecision>;
  /**
   * Called in the tick of the acceptance when the decision was a promise, because conditions may
   * have changed since.
   */
  recheck?(request: HttpRequest, endpoint: TransportEndpoint): UpgradeRejection | undefined;
  open(socket: Socket, request: HttpRequest, endpoint: TransportEndpoint, grant?: UpgradeGrant): C;
  /** `payload` is the handler's own copy and stays valid. Text is valid UTF-8. */
  message(connection: C, payload: Uint8Array, binary: boolean): void;
  /** Some or all of what was buffered has been taken by the kernel. */
  drain(connection: C): void;
  /**
   * Reports that `publish` dropped a message of `bytes` bytes because `maxBufferedBytes` was
   * reached; `send` returns that itself. May be called after the tick. On uws one call may stand
   * for up to 32 small messages of one tick: every loss is reported, but not always its size.
   */
  dropped(connection: C, bytes: number): void;
  /**
   * A close frame is about to be written, for example as the answer to the peer's: what is sent now
   * still precedes it. Not called on uws, which answers a close frame before it reports it.
   */
  closing?(connection: C): void;
  /**
   * `reason` is the one given to `end`, `closed_by_client` for a close frame of the peer whatever
   * its code, `connection_lost`, or a protocol error that the library has answered. The socket does
   * nothing afterwards.
   */
  close(connection: C, reason: CloseReasonName): void;
}

/** Certificate and key as files in PEM. */
export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/**
 * Returns the address of the client behind a peer: '' when it is unknown, `IMPOSSIBLE_ADDRESS` when
 * the named one cannot be true, and the peer's own without proxies. `via` is the proxy whose PROXY
 * header named the peer.
 */
export type AddressOf = (peer: string, headers: ReadonlyMap<string, string>, via?: string) => string;

/** Whether connections from this peer begin with a PROXY protocol header. */
export type SendsProxyHeader = (peer: string) => boolean;

export interface TransportOptions<C> {
  /** The port must not be 0 when it is shared. */
  readonly listen: ListenAddress;
  /** Whether other worker processes of this gateway listen on the same port. */
  readonly sharesPort?: boolean;
  readonly tls?: TlsFiles;
  /** Maximum size of request line and headers together. */
  readonly maxHeadBytes?: number;
  /** Peers that may send long queries in plain requests. Default: none. */
  readonly longQueries?: LongQueries;
  /** Default: the peer's own address. */
  readonly addressOf?: AddressOf;
  /** Default: no peer. Supported by `ws` only. */
  readonly sendsProxyHeader?: SendsProxyHeader;
  /** Called by `ws` only: uWebSockets.js refuses such requests by itself. */
  readonly onMalformed?: OnMalformed;
  readonly endpoints: readonly TransportEndpoint[];
  readonly handler: TransportHandler<C>;
  readonly http: HttpHandler;
  readonly log: Logger;
  /** Supported by `ws` only: uWebSockets.js accepts connections by itself. */
  readonly plainConnections?: PlainConnectionsOptions | undefined;
  /** Supported by `ws` only. */
  readonly inflateLimits?: InflateLimits | undefined;
  /**
   * Called for each peer that was cut because it had not read up to its close frame in time or, on
   * `ws`, had not answered it.
   */
  readonly onCloseIgnored?: () => void;
}

/** A WebSocket server. One conformance suite runs on every implementation. */
export interface Transport {
  readonly name: TransportName;
  /** Whether `Socket.pause` stops reading. */
  readonly canPause: boolean;
  /** Resolves to the bound address. Rejects with `listen.*` or `tls.invalid`. */
  listen(): Promise<ListenAddress>;
  /**
   * Reloads the certificate for new handshakes; open connections stay. Rejects with `tls.invalid`
   * or `listen.*` and then keeps the old one.
   */
  reloadTls(): Promise<void>;
  /**
   * Sends to each socket subscribed to `topic`, in order with `Socket.send`. Messages published in
   * one tick are written together.
   */
  publish(topic: string, message: OutboundMessage): void;
  /**
   * Creates a group of sockets. Present only where a group is cheaper than sending to each socket.
   */
  group?(sockets: readonly Socket[]): SocketGroup;
  /** Stops accepting; connections stay open. */
  stopListening(): void;
  /** Cuts the remaining connections, ends streams and frees the port. Idempotent. */
  stop(): Promise<void>;
}
