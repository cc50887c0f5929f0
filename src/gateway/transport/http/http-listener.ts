import { createServer, IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, Server as TlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { fileReserve, isOutOfFiles } from '../../../core/file-reserve.js';
import type { ListenAddress } from '../../../core/listen-address.js';
import type { Logger } from '../../../core/logger.js';
import { ClientErrors, type OnMalformed } from './client-errors.js';
import { isHeadTooLarge, mostHeadBytes, sizeOfHead, type HeadLimit, type LongQueries } from './head-limit.js';
import type { HttpHandler, HttpRequest } from './http-exchange.js';
import { hasUnclearEnd, HEAD_TOO_LARGE, KEEP_ALIVE_MS, MAX_HEAD_BYTES, MAX_HEADERS, serveHttp } from './http-serve.js';
import { endAnswer, LastAnswers } from './last-answers.js';
import { listenError } from './listen-error.js';
import { sharedPort } from './shared-port.js';
import { hasTooManyHeaders, NodeExchange, readRequest } from './node-http.js';
import { RawTargets } from './raw-target.js';
import { readTlsFiles } from './tls-watch.js';
import { PlainConnections, type PlainConnectionsOptions } from './plain-connections.js';
import { ProxyProtocol } from './proxy-protocol.js';
import type { AddressOf, SendsProxyHeader, TlsFiles } from '../transport.js';

/** Time from the first byte of a request to the end of its headers; slower requests get 408. */
const HEAD_TIMEOUT_MS = 10_000;
/** Time from the first byte of a request to the end of its body. */
const REQUEST_TIMEOUT_MS = 60_000;
/** Time for a TLS handshake, from accepting the connection on. */
const TLS_HANDSHAKE_TIMEOUT_MS = 10_000;
/** Minimum time between two log lines about a failing listener. */
const FAILURE_LOG_MS = 1_000;
/** Property of a request: whether it has an `Upgrade` header. */
const ASKED = Symbol('asked');
/** Interval between checks for slow request heads. */
const CHECK_EACH_MS = 2_000;

interface Refusal {
  readonly status: number;
  /** Whether the connection closes after it. */
  readonly isLast: boolean;
}

const TOO_LARGE: Refusal = { status: HEAD_TOO_LARGE.status, isLast: false };
/** The start of the next request is unknown. */
const UNCLEAR_END: Refusal = { status: 400, isLast: true };

export interface HttpListenerOptions {
  readonly listen: ListenAddress;
  /** Whether other worker processes listen on the same port. */
  readonly sharesPort?: boolean | undefined;
  readonly tls?: TlsFiles;
  readonly http: HttpHandler;
  readonly log: Logger;
  readonly maxHeadBytes?: number;
  /** Peers that may send long queries in plain requests. */
  readonly longQueries?: LongQueries;
  readonly addressOf?: AddressOf;
  readonly sendsProxyHeader?: SendsProxyHeader;
  readonly onMalformed?: OnMalformed;
  /** Default: no limit on connections. */
  readonly plainConnections?: PlainConnectionsOptions | undefined;
  /** Takes WebSocket upgrades. Without it they are answered as plain requests. */
  readonly upgrades?: {
    wants(req: IncomingMessage): boolean;
    take(req: IncomingMessage, socket: Duplex, head: Buffer): void;
  };
}

/**
 * An HTTP listener on node:http(s), used by the `ws` transport and by an internal API that has a
 * port of its own.
 */
export class HttpListener {
  readonly #options: HttpListenerOptions;
  readonly #proxyProtocol: ProxyProtocol;
  #server: Server | TlsServer | undefined;
  readonly #plain: PlainConnections | undefined;
  readonly #lastAnswers = new LastAnswers();
  #failedAt = Number.NEGATIVE_INFINITY;
  #isListening = false;
  #closed: Promise<void> = Promise.resolve();

  constructor(options: HttpListenerOptions) {
    this.#options = options;
    this.#plain = options.plainConnections && new PlainConnections(options.plainConnections);
    this.#proxyProtocol = new ProxyProtocol({ sendsHeader: options.sendsProxyHeader, log: options.log });
  }

  /**
   * Converts Node's request, with the client's address and, where it is known, the client's port
   * (else 0).
   */
  readRequest(req: IncomingMessage): { readonly request: HttpRequest; readonly remotePort: number } {
    const peer = this.#proxyProtocol.peerOf(req.socket);
    const request = readRequest(req, peer, this.#options.addressOf);
    return { request, remotePort: request.remoteAddress === peer.address ? peer.port : 0 };
  }

  /** Answers a refused upgrade and closes the connection. */
  answerLast(stream: Duplex, answer: string): void {
    this.#lastAnswers.write(stream, answer);
  }

  /** Whether the head of an upgrade exceeds the limit; long queries are not allowed in upgrades. */
  isUpgradeTooLarge(req: IncomingMessage, request: HttpRequest): boolean {
    const { longQueries } = this.#options;
    return longQueries !== undefined && isHeadTooLarge(sizeOfHead(req), this.#headLimit(undefined), request);
  }

  /**
   * Reloads certificate and key for new handshakes. Rejects with `tls.invalid` and then keeps the
   * old ones.
   */
  async reloadTls(): Promise<void> {
    const { tls } = this.#options;
    if (tls === undefined) return;
    const material = await readTlsFiles(tls);
    if (this.#server instanceof TlsServer) this.#server.setSecureContext(material);
  }

  /** Resolves to the bound address. Rejects with `listen.*` or `tls.invalid`. */
  async listen(): Promise<ListenAddress> {
    const { listen, sharesPort } = this.#options;
    const sharing = sharesPort === true ? sharedPort() : { exclusive: true };
    const server = await this.#createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', (thrown) => reject(listenError(listen, thrown)));
      server.listen({ host: listen.host, port: listen.port, ...sharing }, resolve);
    });
    server.removeAllListeners('error');
    server.on('error', (thrown) => this.#acceptFailed(thrown));
    this.#closed = new Promise((resolve) => server.once('close', resolve));
    this.#server = server;
    this.#isListening = true;
    return { host: listen.host, port: boundPort(server.address()) };
  }

  /** Stops accepting connections. Open ones stay; idle HTTP connections are closed. */
  stopListening(): void {
    if (!this.#isListening) return;
    this.#isListening = false;
    this.#server?.close();
  }

  /**
   * Cuts the remaining connections. Idempotent. Resolves when the port is free and every HTTP
   * connection closed.
   */
  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    if (this.#isListening) server.close();
    this.#isListening = false;
    server.closeAllConnections();
    this.#lastAnswers.stop();
    await this.#closed;
  }

  async #createServer(): Promise<Server | TlsServer> {
    const { tls, upgrades, http, log, longQueries, onMalformed } = this.#options;
    const limit = this.#headLimit(longQueries);
    const options = {
      maxHeaderSize: limit.maxHeadBytes,
      headersTimeout: HEAD_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      handshakeTimeout: TLS_HANDSHAKE_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: CHECK_EACH_MS,
      IncomingMessage: requestClass(upgrades),
    };
    const server =
      tls === undefined ? createServer(options) : createTlsServer({ ...options, ...(await readTlsFiles(tls)) });
    // One more than allowed, so that a request with too many headers can be recognized.
    server.maxHeadersCount = MAX_HEADERS + 1;
    const rawTargets = new RawTargets();
    server.on('request', (req, res) => {
      const { request } = this.readRequest(req);
      const refusal = refusalOf(req, request, limit);
      if (refusal !== undefined) refuse(req, res, refusal);
      else serveHttp(http, new NodeExchange(req, res, request), log);
    });
    if (upgrades !== undefined)
      server.on('upgrade', (req, socket, head) => {
        this.#plain?.upgraded(req.socket);
        rawTargets.forget(req.socket);
        upgrades.take(req, socket, head);
      });
    const peerOf = (socket: Socket): string => this.#proxyProtocol.peerOf(socket).address;
    const event = tls === undefined ? 'connection' : 'secureConnection';
    if (longQueries !== undefined) {
      // The server reads this property, which is missing in its types, when it creates the parser
      // of a connection.
      const fit = (socket: Socket): boolean =>
        Reflect.set(server, 'maxHeaderSize', mostHeadBytes(limit, peerOf(socket)));
      server.prependListener(event, fit);
    }
    rawTargets.guard(server, event);
    new ClientErrors({ rawTargets, lastAnswers: this.#lastAnswers, peerOf, onMalformed }).guard(server);
    this.#proxyProtocol.guard(server);
    this.#plain?.guard(server);
    return server;
  }

  /**
   * A failed accept may repeat at once. When no file descriptor is free, the library needs one to
   * close the new connection; without it the library would loop.
   */
  #acceptFailed(error: Error): void {
    if (isOutOfFiles(error)) fileReserve.release();
    const now = performance.now();
    if (now - this.#failedAt < FAILURE_LOG_MS) return;
    this.#failedAt = now;
    this.#options.log.error('transport.listener-failed', { error: error.message });
  }

  #headLimit(longQueries: LongQueries | undefined): HeadLimit {
    return { maxHeadBytes: this.#options.maxHeadBytes ?? MAX_HEAD_BYTES, longQueries };
  }
}

/**
 * Once a listener for upgrades exists, Node hands over every request with an `Upgrade` header as
 * raw bytes, even one for another protocol (`h2c`) that could be served normally. Node reads the
 * request's `upgrade` property first; this class returns false for such requests.
 */
function requestClass(upgrades: HttpListenerOptions['upgrades']): typeof IncomingMessage {
  if (upgrades === undefined) return IncomingMessage;
  /** The base class's constructor sets the property, before a field of this class would exist. */
  class Request extends IncomingMessage {
    declare [ASKED]: boolean;
  }
  Object.defineProperty(Request.prototype, 'upgrade', {
    get(this: Request): boolean {
      return this[ASKED] && upgrades.wants(this);
    },
    set(this: Request, isAsked: unknown): void {
      this[ASKED] = isAsked === true;
    },
  });
  return Request;
}

/**
 * The answer to a request that must not reach a handler, undefined for others. The answer has an
 * empty body and the connection stays open where possible: closing it with unread bytes resets it,
 * and a proxy would answer 502. Without long queries the parser has already enforced the limit on
 * heads.
 */
function refusalOf(req: IncomingMessage, request: HttpRequest, limit: HeadLimit): Refusal | undefined {
  if (hasTooManyHeaders(req)) return TOO_LARGE;
  if (limit.longQueries !== undefined && isHeadTooLarge(sizeOfHead(req), limit, request)) return TOO_LARGE;
  return hasUnclearEnd(request) ? UNCLEAR_END : undefined;
}

function refuse(req: IncomingMessage, res: ServerResponse, { status, isLast }: Refusal): void {
  if (isLast) res.shouldKeepAlive = false;
  res.writeHead(status, { 'Content-Length': '0' });
  endAnswer(req, res, '');
}

function boundPort(address: AddressInfo | string | null): number {
  return typeof address === 'object' && address !== null ? address.port : 0;
}
