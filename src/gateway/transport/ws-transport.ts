import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { systemErrorCode } from '../../core/error.js';
import type { ListenAddress } from '../../core/listen-address.js';
import { acceptableDeflateOffer, type DeflateAbilities } from './deflate-offer.js';
import { GuardedHandler } from './guarded-handler.js';
import type { FrameReaderOptions } from './frame-reader.js';
import type { HttpExchange, HttpRequest } from './http-exchange.js';
import { HttpListener } from './http-listener.js';
import { HEAD_TOO_LARGE, statusText } from './http-serve.js';
import { hasTooManyHeaders } from './node-http.js';
import { splitTarget } from './request-target.js';
import { Inflater } from './inflater.js';
import type { OutboundMessage } from './socket.js';
import { TurnWrites } from './turn-writes.js';
import type { Transport, TransportEndpoint, TransportOptions, UpgradeDecision, UpgradeGrant } from './transport.js';
import { refuseUpgrade } from './upgrade-check.js';
import { askHandler, recheckLate, UPGRADE_TIMEOUT_MS } from './upgrade-decision.js';
import { PLAIN } from './ws-frame.js';
import {
  createWsServer,
  takeOver,
  unread,
  windowBitsOf,
  type ServerWebSocket,
  type WsServer,
} from './server-websocket.js';
import { WsSocket, type WsSocketContext } from './ws-socket.js';

const DEFLATE_ABILITIES: DeflateAbilities = { minServerWindowBits: 9 };
const LIFE_CHECK_MS = 1_000;
/** What the library reports when the connection was lost. */
const NO_CLOSE_FRAME = 1006;

const PROTOCOL_ERRORS: Readonly<Record<string, number>> = {
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 1009,
  WS_ERR_INVALID_UTF8: 1007,
  WS_ERR_TOO_MANY_BUFFERED_PARTS: 1008,
};

/** One WebSocket path and the server of `ws` that speaks for it. */
interface WsEndpoint {
  readonly endpoint: TransportEndpoint;
  readonly server: WsServer;
  readonly reading: FrameReaderOptions;
}

/** An upgrade under way. */
interface WsUpgrade extends WsEndpoint {
  readonly req: IncomingMessage;
  readonly stream: Duplex;
  readonly head: Buffer;
  readonly request: HttpRequest;
  readonly remotePort: number;
}

/** `ws` on node:http(s) as a transport: runs wherever Node does, can pause a socket, and is the slower of the two. */
export class WsTransport<C extends object> implements Transport {
  readonly name = 'ws';
  readonly canPause = true;
  readonly #options: TransportOptions<C>;
  readonly #listener: HttpListener;
  readonly #context: WsSocketContext<C>;
  readonly #endpoints: ReadonlyMap<string, WsEndpoint>;
  /** Open sockets, and closed ones whose network connection still lingers. */
  readonly #sockets = new Set<WsSocket<C>>();
  /** Network connections whose upgrade is not decided yet; Node's server has let go of them. */
  readonly #undecided = new Set<Duplex>();
  #lifeCheck: NodeJS.Timeout | undefined;

  constructor(options: TransportOptions<C>) {
    this.#options = options;
    const guarded = new GuardedHandler(options.handler, options.log);
    this.#context = {
      guarded,
      turnWrites: new TurnWrites((socket, message) => guarded.dropped(socket, message.payload.length)),
      onCloseIgnored: options.onCloseIgnored ?? (() => undefined),
    };
    const inflater = new Inflater(options.inflateLimits);
    this.#endpoints = new Map(
      options.endpoints.map((endpoint) => {
        const reading = { maxMessageBytes: endpoint.maxMessageBytes, inflater };
        return [endpoint.path, { endpoint, server: createWsServer(endpoint), reading }];
      }),
    );
    const { listen, tls, log, maxHeadBytes, addressOf, sendsProxyHeader, onMalformed, longQueries } = options;
    this.#listener = new HttpListener({
      listen,
      tls,
      log,
      maxHeadBytes,
      addressOf,
      sendsProxyHeader,
      onMalformed,
      longQueries,
      plainConnections: options.plainConnections,
      http: (exchange) => this.#answerHttp(exchange),
      upgrades: {
        wants: (req) => this.#endpoints.has(splitTarget(req.url ?? '/').path),
        take: (req, stream, head) => this.#upgrade(req, stream, head),
      },
    });
  }

  async listen(): Promise<ListenAddress> {
    const address = await this.#listener.listen();
    this.#lifeCheck = setInterval(() => {
      for (const socket of this.#sockets) if (socket.isOpen()) socket.checkLife();
    }, LIFE_CHECK_MS);
    return address;
  }

  reloadTls(): Promise<void> {
    return this.#listener.reloadTls();
  }

  publish(topic: string, message: OutboundMessage): void {
    this.#context.turnWrites.publish(topic, message);
  }

  stopListening(): void {
    this.#listener.stopListening();
  }

  async stop(): Promise<void> {
    clearInterval(this.#lifeCheck);
    for (const socket of this.#sockets) {
      socket.terminate();
      socket.cut();
    }
    for (const stream of this.#undecided) stream.destroy();
    await this.#listener.stop();
  }

  #answerHttp(exchange: HttpExchange): void | Promise<void> {
    const { method, path, headers } = exchange.request;
    if (!this.#endpoints.has(path)) return this.#options.http(exchange);
    exchange.answer(refuseUpgrade(method, headers) ?? { status: 400 });
  }

  #upgrade(req: IncomingMessage, stream: Duplex, head: Buffer): void {
    stream.on('error', () => stream.destroy());
    if (hasTooManyHeaders(req)) {
      refuse(stream, { accept: false, ...HEAD_TOO_LARGE });
      return;
    }
    const { request, remotePort } = this.#listener.readRequest(req);
    const found = this.#endpoints.get(request.path);
    if (found === undefined) {
      refuse(stream, { accept: false, status: 404 });
      return;
    }
    const isTooLarge = this.#listener.isUpgradeTooLarge(req, request);
    const refusal = isTooLarge ? { status: 431 } : refuseUpgrade(request.method, request.headers);
    if (refusal !== undefined) {
      refuse(stream, { accept: false, ...refusal });
      return;
    }
    const { handler, log } = this.#options;
    const decision = askHandler({ handler, endpoint: found.endpoint, log, timeoutMs: UPGRADE_TIMEOUT_MS }, request);
    const upgrade = { ...found, req, stream, head, request, remotePort };
    if (decision instanceof Promise) void this.#upgradeLater(upgrade, decision);
    else this.#finishUpgrade(upgrade, decision);
  }

  async #upgradeLater(upgrade: WsUpgrade, pending: Promise<UpgradeDecision>): Promise<void> {
    const { stream, request, endpoint } = upgrade;
    this.#undecided.add(stream);
    const decision = await pending;
    this.#undecided.delete(stream);
    if (stream.destroyed) return;
    this.#finishUpgrade(upgrade, recheckLate(this.#options.handler, decision, request, endpoint));
  }

  #finishUpgrade(upgrade: WsUpgrade, decision: UpgradeDecision): void {
    const { server, req, request, stream, head } = upgrade;
    if (stream.destroyed) return;
    if (!decision.accept) {
      refuse(stream, decision);
      return;
    }
    // The library takes this name alone, and a client may have listed others.
    setHeader(req, 'upgrade', 'websocket');
    setHeader(req, 'sec-websocket-protocol', decision.subprotocol);
    const offered = request.headers.get('sec-websocket-extensions');
    setHeader(req, 'sec-websocket-extensions', acceptableDeflateOffer(offered, DEFLATE_ABILITIES));
    let windowBits = PLAIN;
    server.once('headers', (lines) => (windowBits = windowBitsOf(lines)));
    server.handleUpgrade(req, stream, head, (native) => {
      native.windowBits = windowBits;
      this.#open(native, upgrade, decision.grant);
    });
  }

  #open(native: ServerWebSocket, upgrade: WsUpgrade, grant: UpgradeGrant | undefined): void {
    const { stream, endpoint, reading, request, remotePort } = upgrade;
    const { guarded } = this.#context;
    const socket = new WsSocket<C>(this.#context, {
      native,
      stream,
      remoteHost: request.remoteAddress,
      remotePort,
      maxBufferedBytes: endpoint.maxBufferedBytes,
      idleTimeoutS: endpoint.idleTimeoutS,
      windowBits: native.windowBits,
      reading,
      passOn: takeOver(stream),
    });
    this.#sockets.add(socket);
    stream.on('data', (chunk: Buffer) => socket.received(chunk));
    // Before the library, which would read what is left as if it were at the beginning of a frame.
    stream.prependListener('close', () => socket.lost(unread(stream)));
    // `ws` has sent the close frame that the error calls for and waits for the peer; our side is over.
    native.on('error', (error) => socket.closed(closeCodeOf(systemErrorCode(error)), error.message, false));
    native.onClosing = () => socket.writeAll();
    native.onPeerClose = (code, reason) => socket.closed(code, reason, true);
    native.on('close', (code, reason) => {
      this.#sockets.delete(socket);
      const isAnswered = code !== NO_CLOSE_FRAME;
      socket.closed(code, reason.toString(), isAnswered);
      socket.over(isAnswered);
    });
    guarded.open({ peer: socket, request, endpoint, grant });
  }
}

/** The code of the close frame that `ws` has answered an error with. */
function closeCodeOf(errorCode: string | undefined): number {
  if (errorCode === undefined || !errorCode.startsWith('WS_ERR_')) return 1006;
  return PROTOCOL_ERRORS[errorCode] ?? 1002;
}

/**
 * What `ws` is to see of a header; nothing when the value is undefined or ''. It answers the first subprotocol offered, and refuses the
 * handshake for an offer of an extension that it cannot read or honour: it is given the chosen one alone.
 */
function setHeader(req: IncomingMessage, name: string, value: string | undefined): void {
  if (value === undefined || value === '') delete req.headers[name];
  else req.headers[name] = value;
}

function refuse(stream: Duplex, decision: Extract<UpgradeDecision, { accept: false }>): void {
  const body = decision.body ?? '';
  const headers = { ...decision.headers, 'Content-Length': String(Buffer.byteLength(body)), Connection: 'close' };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  stream.once('finish', () => stream.destroy());
  stream.end(`HTTP/1.1 ${statusText(decision.status)}\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
}
