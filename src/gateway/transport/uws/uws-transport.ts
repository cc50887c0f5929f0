import { createRequire } from 'node:module';
import type { ListenAddress } from '../../../core/listen-address.js';
import type { CopiedRequest } from './copied-request.js';
import { acceptableDeflateOffer, type DeflateAbilities } from '../deflate-offer.js';
import { GuardedHandler } from '../guarded-handler.js';
import { isHeadTooLarge, type LongQueries } from '../http/head-limit.js';
import { hasUnclearEnd, HEAD_TOO_LARGE, MAX_HEAD_BYTES, serveHttp } from '../http/http-serve.js';
import { findFreePort, probeListenError } from '../http/listen-error.js';
import type { OutboundMessage } from '../socket.js';
import { readTlsFiles } from '../http/tls-watch.js';
import type {
  Transport,
  TransportEndpoint,
  TransportOptions,
  UpgradeAcceptance,
  UpgradeDecision,
} from '../transport.js';
import { refuseUpgrade } from '../upgrade-check.js';
import { askHandler, recheckLate, UPGRADE_TIMEOUT_MS } from '../upgrade-decision.js';
import { copyBytes, copyRequest, UwsExchange, writeAnswer } from './uws-http.js';
import { UwsPublisher } from './uws-publisher.js';
import { UwsSocket, type UwsSocketDeps } from './uws-socket.js';
import {
  uwsText,
  type UwsApp,
  type UwsBehavior,
  type UwsModule,
  type UwsRequest,
  type UwsResponse,
  type UwsWebSocket,
} from './uws-types.js';

/**
 * Bytes above the configured limit up to which a message is still read, so that its sender gets a
 * close frame.
 */
const OVERSIZE_MARGIN_BYTES = 64 * 1024;
/** The library keeps its limits in 32 bits. */
const MAX_INT32 = 0x7fff_ffff;
/** The library takes idle timeouts in steps of 4 s and aborts the process outside 8 to 960. */
const IDLE_STEP_S = 4;

/** The library never answers with `server_max_window_bits`, as the RFC requires. */
const DEFLATE_ABILITIES: DeflateAbilities = { minServerWindowBits: undefined };

/**
 * An app and its number of WebSockets. Each certificate gets a new app, because the library cannot
 * replace one.
 */
interface UwsGeneration {
  readonly app: UwsApp;
  sockets: number;
}

/**
 * Loads the native library; rejects with the loader's error when there is no binary for this
 * machine.
 */
export async function loadUws(maxHeadBytes = MAX_HEAD_BYTES): Promise<UwsModule> {
  // Read once, while the module loads. The default of 4 KiB is smaller than one cookie may be.
  process.env['UWS_HTTP_MAX_HEADERS_SIZE'] = String(maxHeadBytes);
  await Promise.resolve();
  // Not by import: on Node 20 an imported module whose native library does not load leaves a
  // rejection that cannot be handled.
  const loaded: unknown = createRequire(import.meta.url)('uWebSockets.js');
  if (!isUwsModule(loaded)) throw new Error('the package uWebSockets.js is not the library of that name');
  return loaded;
}

/**
 * The transport on uWebSockets.js: fast, but it cannot pause a socket and does not know the remote
 * port.
 */
export class UwsTransport<C extends object> implements Transport {
  readonly name = 'uws';
  readonly canPause = false;
  readonly #uws: UwsModule;
  readonly #options: TransportOptions<C>;
  readonly #socketDeps: UwsSocketDeps<C>;
  readonly #paths: ReadonlySet<string>;
  #current: UwsGeneration | undefined;
  /** Apps of earlier certificates; their connections stay open. */
  #earlier: UwsGeneration[] = [];
  /** Any open socket, if there is one. */
  #lastOpened: UwsWebSocket<UwsSocket<C>> | undefined;
  #listenSocket: object | undefined;
  #port = 0;

  constructor(uws: UwsModule, options: TransportOptions<C>) {
    this.#uws = uws;
    this.#options = options;
    this.#socketDeps = {
      guarded: new GuardedHandler(options.handler, options.log),
      drops: [],
      publisher: new UwsPublisher((topic, message) => this.#publishNow(topic, message)),
      onCloseIgnored: options.onCloseIgnored ?? (() => undefined),
    };
    this.#paths = new Set(options.endpoints.map((endpoint) => endpoint.path));
  }

  async listen(): Promise<ListenAddress> {
    const { host, port } = this.#options.listen;
    // Listening again for another certificate takes a fixed port.
    this.#port = port === 0 && this.#options.tls !== undefined ? await findFreePort(host) : port;
    const generation = await this.#createGeneration();
    const listenSocket = this.#tryListen(generation.app);
    if (listenSocket === undefined) {
      generation.app.close();
      throw await probeListenError({ host, port: this.#port });
    }
    this.#current = generation;
    this.#listenSocket = listenSocket;
    this.#port = this.#uws.us_socket_local_port(listenSocket);
    return { host, port: this.#port };
  }

  /**
   * Replaces the listener within one tick. A client that is being accepted at that moment may have
   * to reconnect.
   */
  async reloadTls(): Promise<void> {
    if (this.#options.tls === undefined || this.#listenSocket === undefined) return;
    const next = await this.#createGeneration();
    const { current, listenSocket } = { current: this.#current, listenSocket: this.#listenSocket };
    if (current === undefined || listenSocket === undefined) return next.app.close();
    this.#listenSocket = this.#replaceListener(next.app, listenSocket);
    if (this.#listenSocket === undefined) {
      next.app.close();
      this.#listenSocket = this.#tryListen(current.app);
      throw await probeListenError({ host: this.#options.listen.host, port: this.#port });
    }
    this.#earlier.push(current);
    this.#current = next;
  }

  /** On a shared port the new listener comes first, so that the port always has one. */
  #replaceListener(next: UwsApp, earlier: object): object | undefined {
    if (this.#options.sharesPort !== true) this.#uws.us_listen_socket_close(earlier);
    const listening = this.#tryListen(next);
    if (this.#options.sharesPort === true) this.#uws.us_listen_socket_close(earlier);
    return listening;
  }

  publish(topic: string, message: OutboundMessage): void {
    this.#socketDeps.publisher.publish(topic, message);
  }

  stopListening(): void {
    if (this.#listenSocket === undefined) return;
    this.#uws.us_listen_socket_close(this.#listenSocket);
    this.#listenSocket = undefined;
  }

  async stop(): Promise<void> {
    this.stopListening();
    this.#socketDeps.publisher.stop();
    this.#current?.app.close();
    for (const { app } of this.#earlier) app.close();
    this.#current = undefined;
    this.#earlier = [];
    await Promise.resolve();
  }

  async #createGeneration(): Promise<UwsGeneration> {
    const generation: UwsGeneration = { app: await this.#createApp(), sockets: 0 };
    const { app } = generation;
    for (const endpoint of this.#options.endpoints) app.ws(endpoint.path, this.#behavior(endpoint, generation));
    app.any('/*', (res, req) => this.#answerHttp(res, req));
    return generation;
  }

  async #createApp(): Promise<UwsApp> {
    const { tls } = this.#options;
    if (tls === undefined) return this.#uws.App();
    await readTlsFiles(tls);
    return this.#uws.SSLApp({ key_file_name: tls.keyFile, cert_file_name: tls.certFile });
  }

  #tryListen(app: UwsApp): object | undefined {
    let listening: object | undefined;
    // Exclusive: with a shared port, a second gateway started by mistake would get half of the
    // clients. Workers of one gateway share the port, and their supervisor has looked for others.
    const exclusive = this.#options.sharesPort === true ? 0 : this.#uws.LIBUS_LISTEN_EXCLUSIVE_PORT;
    app.listen(this.#options.listen.host, this.#port, exclusive, (result) => {
      listening = result === false ? undefined : result;
    });
    return listening;
  }

  /**
   * Publishes uncompressed: the library would deflate the message again for each subscriber, and
   * does not accept pre-deflated frames.
   */
  #publishNow(topic: string, { payload, binary }: OutboundMessage): void {
    this.#current?.app.publish(topic, payload, binary, false);
    for (const { app, sockets } of this.#earlier) {
      if (sockets > 0) app.publish(topic, payload, binary, false);
    }
  }

  #behavior(endpoint: TransportEndpoint, generation: UwsGeneration): UwsBehavior<UwsSocket<C>> {
    const { guarded } = this.#socketDeps;
    return {
      maxPayloadLength: Math.min(endpoint.maxMessageBytes + OVERSIZE_MARGIN_BYTES, MAX_INT32),
      maxBackpressure: Math.min(endpoint.maxBufferedBytes, MAX_INT32),
      idleTimeout: Math.ceil(endpoint.idleTimeoutS / IDLE_STEP_S) * IDLE_STEP_S,
      sendPingsAutomatically: true,
      compression: endpoint.compression ? this.#uws.SHARED_COMPRESSOR : this.#uws.DISABLED,
      upgrade: (res, req, context) => this.#upgrade({ res, context, endpoint }, req),
      open: (ws) => {
        generation.sockets += 1;
        this.#lastOpened = ws;
        ws.peer.opened(ws);
      },
      message: (ws, message, isBinary) => {
        if (message.byteLength > endpoint.maxMessageBytes) ws.peer.end('message_too_large');
        else guarded.message(ws.peer, copyBytes(message), isBinary);
      },
      drain: (ws) => ws.peer.drained(),
      dropped: (ws, message) => this.#dropped(ws.peer, message.byteLength),
      close: (ws, code) => {
        generation.sockets -= 1;
        if (this.#lastOpened === ws) this.#lastOpened = undefined;
        ws.peer.closed(code);
      },
    };
  }

  #upgrade(target: UpgradeTarget, req: UwsRequest): void {
    const { res, endpoint } = target;
    // The library treats `:` and `*` in a path as patterns; here paths are literal.
    if (req.getUrl() !== endpoint.path) {
      req.setYield(true);
      return;
    }
    const request = copyRequest(res, req, this.#options.addressOf);
    if (hasUnclearEnd(request)) return res.close();
    const isTooLarge = this.#isHeadTooLarge(request, undefined);
    const refusal = isTooLarge ? HEAD_TOO_LARGE : refuseUpgrade(request);
    if (refusal !== undefined) {
      writeAnswer(res, refusal, { isHead: false, close: true });
      return;
    }
    const { handler, log } = this.#options;
    const decision = askHandler({ handler, endpoint, log, timeoutMs: UPGRADE_TIMEOUT_MS }, request);
    if (decision instanceof Promise) void this.#upgradeLater(target, request, decision);
    else if (!decision.accept) writeAnswer(res, decision, { isHead: false, close: true });
    else this.#accept(target, request, decision);
  }

  async #upgradeLater(target: UpgradeTarget, request: CopiedRequest, pending: Promise<UpgradeDecision>): Promise<void> {
    request.keep();
    let isGone = false;
    target.res.onAborted(() => {
      isGone = true;
    });
    const decision = await pending;
    if (isGone) return;
    const now = recheckLate(this.#options.handler, decision, request, target.endpoint);
    if (now.accept) this.#aroundLateUpgrade(target.res, () => this.#accept(target, request, now));
    else writeAnswer(target.res, now, { isHead: false, close: true });
  }

  #accept({ res, context, endpoint }: UpgradeTarget, request: CopiedRequest, decision: UpgradeAcceptance): void {
    const peer = new UwsSocket<C>(this.#socketDeps, request.knownAddress);
    const key = request.headers.get('sec-websocket-key') ?? '';
    const extensions = acceptableDeflateOffer(request.headers.get('sec-websocket-extensions'), DEFLATE_ABILITIES);
    res.upgrade({ peer }, uwsText(key), uwsText(decision.subprotocol ?? ''), extensions, context);
    request.keptBy(peer);
    this.#socketDeps.guarded.open({ peer, request, endpoint, grant: decision.grant });
  }

  /**
   * Runs a late upgrade inside another socket's cork. In its handler a request is corked by the
   * library. Later, the response must not be corked around the upgrade: the end of that cork may
   * take the new WebSocket, at the same address in memory, for the old response and cut it. While
   * another socket is corked, the response's cork only calls its callback. Without another socket
   * the library prints a warning to standard error and continues.
   */
  #aroundLateUpgrade(res: UwsResponse, upgrade: () => void): void {
    if (this.#lastOpened === undefined) upgrade();
    else this.#lastOpened.cork(() => res.cork(upgrade));
  }

  /**
   * Reports the drop later, because the library is writing to this socket, which must not be closed
   * meanwhile.
   */
  #dropped(peer: UwsSocket<C>, bytes: number): void {
    const { drops } = this.#socketDeps;
    if (drops.length === 0) setImmediate(() => this.#tellDrops());
    drops.push({ peer, bytes });
  }

  #tellDrops(): void {
    for (const { peer, bytes } of this.#socketDeps.drops.splice(0)) this.#socketDeps.guarded.dropped(peer, bytes);
  }

  #isHeadTooLarge(request: CopiedRequest, longQueries: LongQueries | undefined): boolean {
    const maxHeadBytes = this.#options.maxHeadBytes ?? MAX_HEAD_BYTES;
    return isHeadTooLarge(request.size, { maxHeadBytes, longQueries }, request);
  }

  #answerHttp(res: UwsResponse, req: UwsRequest): void {
    const request = copyRequest(res, req, this.#options.addressOf);
    // After an answer the library would parse the remaining bytes as another request.
    if (hasUnclearEnd(request)) return res.close();
    request.keep();
    if (this.#isHeadTooLarge(request, this.#options.longQueries)) {
      writeAnswer(res, HEAD_TOO_LARGE, { isHead: request.method === 'HEAD', close: true });
      return;
    }
    if (this.#paths.has(request.path)) {
      const refusal = refuseUpgrade(request) ?? { status: 400 };
      writeAnswer(res, refusal, { isHead: request.method === 'HEAD', close: true });
      return;
    }
    serveHttp(this.#options.http, new UwsExchange(res, request), this.#options.log);
  }
}

interface UpgradeTarget {
  readonly res: UwsResponse;
  readonly context: object;
  readonly endpoint: TransportEndpoint;
}

function isUwsModule(value: unknown): value is UwsModule {
  return typeof value === 'object' && value !== null && 'App' in value && typeof value.App === 'function';
}
