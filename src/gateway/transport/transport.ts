import type { CloseReasonName } from '../close-reason.js';
import type { Logger } from '../../core/logger.js';
import type { ListenAddress } from '../../core/listen-address.js';
import type { OnMalformed } from './http/client-errors.js';
import type { LongQueries } from './http/head-limit.js';
import type { PlainConnectionsOptions } from './http/plain-connections.js';
import type { HttpHandler, HttpRequest } from './http/http-exchange.js';
import type { InflateLimits } from './ws/inflater.js';
import type { OutboundMessage, Socket, SocketGroup } from './socket.js';

/** Which server library carries the connections. */
export type TransportName = 'uws' | 'ws';

/** What a transport must know of one WebSocket path. */
export interface TransportEndpoint {
  readonly path: string;
  /** Larger client messages close the connection with 1009. */
  readonly maxMessageBytes: number;
  /**
   * 8 to 960: after this time without pong or frame the peer is dead. The server pings on its own.
   */
  readonly idleTimeoutS: number;
  /**
   * The library's own hard limit on what is buffered for one socket; the delivery's bound lies
   * below it.
   */
  readonly maxBufferedBytes: number;
  /** Offers permessage-deflate (server_no_context_takeover; client_no_context_takeover). */
  readonly compression: boolean;
}

/** What an accepted upgrade gives its connection beside the endpoint's own. */
export interface UpgradeGrant {
  /** They win over the endpoint's; an empty value takes one of these away. */
  readonly tags: ReadonlyMap<string, string>;
  /** By the wall clock; undefined: for as long as it likes. */
  readonly expiresAtMs: number | undefined;
}

/** A refused upgrade. */
export interface UpgradeRejection {
  readonly accept: false;
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** An accepted upgrade, with the subprotocol to name and what `open` is to be given. */
export interface UpgradeAcceptance {
  readonly accept: true;
  readonly subprotocol?: string;
  readonly grant?: UpgradeGrant;
}

/** The answer to a well-formed upgrade; a refusal is an HTTP status. */
export type UpgradeDecision = UpgradeAcceptance | UpgradeRejection;

/**
 * What the gateway does with sockets. `C` is what `open` returns and every later call is given: the
 * connection. One `open`, exactly one `close`. A throw in any of them is logged and ends that
 * socket alone (1011).
 */
export interface TransportHandler<C> {
  /**
   * The transport has already checked method, `Upgrade`, `Connection`, version 13 and key (else 400
   * or 426). Has 10 s.
   */
  upgrade(request: HttpRequest, endpoint: TransportEndpoint): UpgradeDecision | Promise<UpgradeDecision>;
  /**
   * Asked in the tick of the acceptance when the decision was a promise: what held then may hold no
   * more.
   */
  recheck?(request: HttpRequest, endpoint: TransportEndpoint): UpgradeRejection | undefined;
  open(socket: Socket, request: HttpRequest, endpoint: TransportEndpoint, grant?: UpgradeGrant): C;
  /** `payload` is the handler's own copy and stays valid. Text has been checked to be UTF-8. */
  message(connection: C, payload: Uint8Array, binary: boolean): void;
  /** Some or all of what was buffered has been taken by the kernel. */
  drain(connection: C): void;
  /**
   * The library dropped a message of `bytes` bytes because `maxBufferedBytes` was reached (by
   * `publish`; `send` says so itself). May be told after the tick. On uws one call may stand for up
   * to 32 small messages of one tick: a loss is always told, its size not always.
   */
  dropped(connection: C, bytes: number): void;
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
 * The address of the client behind a peer: '' when it cannot be known, `IMPOSSIBLE_ADDRESS` when
 * the one named is a lie. Without proxies it is the peer's own. `via` is the proxy whose PROXY
 * header named the peer.
 */
export type AddressOf = (peer: string, headers: ReadonlyMap<string, string>, via?: string) => string;

/** Whether connections of this peer begin with a PROXY protocol header. */
export type SendsProxyHeader = (peer: string) => boolean;

export interface TransportOptions<C> {
  readonly listen: ListenAddress;
  readonly tls?: TlsFiles;
  /** Largest request line and headers together. */
  readonly maxHeadBytes?: number;
  /** Of requests that are no upgrades; nobody's unless given. */
  readonly longQueries?: LongQueries;
  /** The peer's own address unless given. */
  readonly addressOf?: AddressOf;
  /** Nobody's connections unless given. Only `ws` honours it. */
  readonly sendsProxyHeader?: SendsProxyHeader;
  /** Only `ws` tells: uWebSockets.js refuses such requests by itself. */
  readonly onMalformed?: OnMalformed;
  readonly endpoints: readonly TransportEndpoint[];
  readonly handler: TransportHandler<C>;
  readonly http: HttpHandler;
  readonly log: Logger;
  /** Only `ws` honours it: uWebSockets.js accepts by itself. */
  readonly plainConnections?: PlainConnectionsOptions | undefined;
  /** Only `ws` can bound what inflating messages costs. */
  readonly inflateLimits?: InflateLimits | undefined;
  /**
   * Called for each peer that was cut because it had not read up to its close frame in time, or on
   * `ws` not answered that.
   */
  readonly onCloseIgnored?: () => void;
}

/**
 * What the gateway needs of a WebSocket server. One conformance suite runs on every implementation.
 */
export interface Transport {
  readonly name: TransportName;
  /** Whether `Socket.pause` stops reading. */
  readonly canPause: boolean;
  /** Rejects with `listen.*` or `tls.invalid`. Resolves to the address really bound. */
  listen(): Promise<ListenAddress>;
  /**
   * Reads the certificate again for handshakes to come; open connections go on. Rejects with
   * `tls.invalid` or `listen.*`, and keeps the old one then.
   */
  reloadTls(): Promise<void>;
  /**
   * Sends to each socket subscribed to `topic`, in order with `Socket.send`; merges what one tick
   * publishes.
   */
  publish(topic: string, message: OutboundMessage): void;
  /** Makes a group of sockets; only where sending to one is cheaper than to each of its sockets. */
  group?(sockets: readonly Socket[]): SocketGroup;
  /** Accepts nothing new; connections stay. */
  stopListening(): void;
  /** Cuts what is left, ends streams and frees the port. Idempotent. */
  stop(): Promise<void>;
}
