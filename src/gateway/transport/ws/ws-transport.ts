import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ListenAddress } from '../../../core/listen-address.js';
import { acceptableDeflateOffer, type DeflateAbilities } from '../deflate-offer.js';
import { GuardedHandler } from '../guarded-handler.js';
import type { FrameReaderOptions } from './frame-reader.js';
import type { HttpExchange, HttpRequest } from '../http/http-exchange.js';
import { HttpListener } from '../http/http-listener.js';
import { HEAD_TOO_LARGE, statusText } from '../http/http-serve.js';
import { hasTooManyHeaders } from '../http/node-http.js';
import { readTarget } from '../http/request-text.js';
import { Inflater } from './inflater.js';
import type { OutboundMessage, Socket, SocketGroup } from '../socket.js';
import { TurnWrites, type TurnMember } from './turn-writes.js';
import type { Transport, TransportEndpoint, TransportOptions, UpgradeDecision, UpgradeGrant } from '../transport.js';
import { refuseUpgrade } from '../upgrade-check.js';
import { askHandler, recheckLate, UPGRADE_TIMEOUT_MS } from '../upgrade-decision.js';
import { PLAIN } from '../ws-frame.js';
import { compactListeners, createWsServer, unread, windowBitsOf, type WsServer } from './server-websocket.js';
import { WsSocket, type WsSocketDeps } from './ws-socket.js';

const DEFLATE_ABILITIES: DeflateAbilities = { minServerWindowBits: 9 };
const LIFE_CHECK_MS = 1_000;
/** One WebSocket path with its server of `ws`. */
interface WsEndpoint {
  readonly endpoint: TransportEndpoint;
  readonly server: WsServer;
  readonly reading: FrameReaderOptions;
}

/** An upgrade in progress. */
interface WsUpgrade extends WsEndpoint {
  readonly req: IncomingMessage;
  readonly stream: Duplex;
  readonly head: Buffer;
  readonly request: HttpRequest;
  readonly remotePort: number;
}

/**
 * The transport on `ws` and node:http(s): runs wherever Node runs and can pause a socket, but is
 * the slower of the two.
 */
export class WsTransport<C extends object> implements Transport {
  readonly name = 'ws';
  readonly canPause = true;
  readonly #options: TransportOptions<C>;
  readonly #listener: HttpListener;
  readonly #socketDeps: WsSocketDeps<C>;
  readonly #endpoints: ReadonlyMap<string, WsEndpoint>;
  /** Open sockets, and closed ones whose network connection still lingers. */
  readonly #sockets = new Set<WsSocket<C>>();
  /** Network connections whose upgrade is not decided yet; Node's server no longer tracks them. */
  readonly #undecided = new Set<Duplex>();
  /** The compression window of the handshake that is being answered. */
  #windowBits = PLAIN;
  #lifeCheck: NodeJS.Timeout | undefined;

  constructor(options: TransportOptions<C>) {
    this.#options = options;
    const guarded = new GuardedHandler(options.handler, options.log);
    this.#socketDeps = {
      guarded,
      turnWrites: new TurnWrites(),
      onCloseIgnored: options.onCloseIgnored ?? (() => undefined),
    };
    const inflater = new Inflater(options.inflateLimits);
    this.#endpoints = new Map(
      options.endpoints.map((endpoint) => {
        const reading = { maxMessageBytes: endpoint.maxMessageBytes, inflater };
        const server = createWsServer(endpoint);
        server.on('headers', (lines) => (this.#windowBits = windowBitsOf(lines)));
        return [endpoint.path, { endpoint, server, reading }];
      }),
    );
    const { listen, sharesPort, tls, log, maxHeadBytes, addressOf, sendsProxyHeader, onMalformed, longQueries } =
      options;
    this.#listener = new HttpListener({
      listen,
      sharesPort,
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
        wants: (req) => this.#endpoints.has(readTarget(req).path),
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
    this.#socketDeps.turnWrites.publish(topic, message);
  }

  group(sockets: readonly Socket[]): SocketGroup {
    return this.#socketDeps.turnWrites.group(areMembers(sockets) ? sockets : []);
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
    if (!this.#endpoints.has(exchange.request.path)) return this.#options.http(exchange);
    exchange.answer(refuseUpgrade(exchange.request) ?? { status: 400 });
  }

  #upgrade(req: IncomingMessage, stream: Duplex, head: Buffer): void {
    stream.on('error', cut);
    if (hasTooManyHeaders(req)) {
      this.#refuse(stream, { accept: false, ...HEAD_TOO_LARGE });
      return;
    }
    const { request, remotePort } = this.#listener.readRequest(req);
    const found = this.#endpoints.get(request.path);
    if (found === undefined) {
      this.#refuse(stream, { accept: false, status: 404 });
      return;
    }
    const isTooLarge = this.#listener.isUpgradeTooLarge(req, request);
    const refusal = isTooLarge ? { status: 431 } : refuseUpgrade(request, req.httpVersion);
    if (refusal !== undefined) {
      this.#refuse(stream, { accept: false, ...refusal });
      return;
    }
    const { handler, log } = this.#options;
    const decision = askHandler({ handler, endpoint: found.endpoint, log, timeoutMs: UPGRADE_TIMEOUT_MS }, request);
    const upgrade = { ...found, req, stream, head, request, remotePort };
    if (decision instanceof Promise) void this.#upgradeLater(upgrade, decision);
    else this.#finishUpgrade(upgrade, decision);
  }

  #refuse(stream: Duplex, decision: Extract<UpgradeDecision, { accept: false }>): void {
    const body = decision.body ?? '';
    const headers = { ...decision.headers, 'Content-Length': String(Buffer.byteLength(body)), Connection: 'close' };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    this.#listener.answerLast(
      stream,
      `HTTP/1.1 ${statusText(decision.status)}\r\n${lines.join('\r\n')}\r\n\r\n${body}`,
    );
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
      this.#refuse(stream, decision);
      return;
    }
    // The library accepts this name only, and a client may have listed others.
    setHeader(req, 'upgrade', 'websocket');
    setHeader(req, 'sec-websocket-protocol', decision.subprotocol);
    const offered = request.headers.get('sec-websocket-extensions');
    setHeader(req, 'sec-websocket-extensions', acceptableDeflateOffer(offered, DEFLATE_ABILITIES));
    server.handleUpgrade(req, stream, head, () => this.#open(upgrade, decision.grant));
  }

  #open(upgrade: WsUpgrade, grant: UpgradeGrant | undefined): void {
    const { stream, endpoint, reading, request, remotePort } = upgrade;
    const socket = new WsSocket<C>(this.#socketDeps, {
      stream,
      remoteHost: request.remoteAddress,
      remotePort,
      maxBufferedBytes: endpoint.maxBufferedBytes,
      idleTimeoutS: endpoint.idleTimeoutS,
      windowBits: this.#windowBits,
      reading,
    });
    this.#sockets.add(socket);
    compactListeners(stream);
    this.#listen(stream, socket);
    this.#socketDeps.guarded.open({ peer: socket, request, endpoint, grant });
  }

  /**
   * Separate from `#open`, so that closures that live as long as the connection do not keep its
   * handshake alive.
   */
  #listen(stream: Duplex, socket: WsSocket<C>): void {
    stream.on('data', (chunk: Buffer) => socket.received(chunk));
    stream.on('end', endToo);
    stream.on('close', () => {
      this.#sockets.delete(socket);
      socket.lost(unread(stream));
    });
  }
}

/** Narrows the type: every socket that a transport is passed is one of its own. */
function areMembers(sockets: readonly Socket[]): sockets is readonly (Socket & TurnMember)[] {
  return sockets.every((socket) => socket instanceof WsSocket);
}

function cut(this: Duplex): void {
  this.destroy();
}

/** Ends the connection of a peer that stopped sending without a close frame. */
function endToo(this: Duplex): void {
  this.end();
}

/**
 * Sets a header as `ws` should see it, or removes it for undefined or ''. `ws` answers with the
 * first subprotocol offered and fails the handshake for an extension offer that it cannot parse or
 * honour, so it gets only the chosen one.
 */
function setHeader(req: IncomingMessage, name: string, value: string | undefined): void {
  if (value === undefined || value === '') delete req.headers[name];
  else req.headers[name] = value;
}
