import type { ListenAddress } from '../../core/listen-address.js';
import { GuardedHandler } from './guarded-handler.js';
import type { HttpRequest } from './http-exchange.js';
import { MAX_HEAD_BYTES, serveHttp } from './http-serve.js';
import { probeListenError } from './listen-error.js';
import type { OutboundMessage } from './socket.js';
import { readTlsFiles } from './tls-files.js';
import type { Transport, TransportEndpoint, TransportOptions, UpgradeDecision } from './transport.js';
import { refuseUpgrade } from './upgrade-check.js';
import { askHandler, UPGRADE_TIMEOUT_MS } from './upgrade-decision.js';
import { copyRequest, UwsExchange, writeAnswer } from './uws-http.js';
import { UwsSocket, type UwsSocketContext } from './uws-socket.js';
import type { UwsApp, UwsBehavior, UwsModule, UwsRequest, UwsResponse } from './uws-types.js';

/** How far above the configured limit a message is still read, so that its sender gets a close frame with 1009. */
const OVERSIZE_MARGIN_BYTES = 64 * 1024;
/** The library keeps its limits in 32 bits. */
const MAX_INT32 = 0x7fff_ffff;
/** The library takes idle timeouts in steps of 4 s and aborts the process outside 8 to 960. */
const IDLE_STEP_S = 4;

/** Loads the native library; rejects with the loader's own error where there is no binary for this machine. */
export async function loadUws(): Promise<UwsModule> {
  // Read once, while the module loads; the default of 4 KiB is less than one cookie may be.
  process.env['UWS_HTTP_MAX_HEADERS_SIZE'] ??= String(MAX_HEAD_BYTES);
  const loaded: { readonly default: unknown } = await import('uWebSockets.js');
  if (!isUwsModule(loaded.default)) throw new Error('the package uWebSockets.js is not the library of that name');
  return loaded.default;
}

/** uWebSockets.js as a transport: fast, but it cannot pause a socket and knows no remote port. */
export class UwsTransport<C extends object> implements Transport {
  readonly name = 'uws';
  readonly canPause = false;
  readonly #uws: UwsModule;
  readonly #options: TransportOptions<C>;
  readonly #context: UwsSocketContext<C>;
  readonly #paths: ReadonlySet<string>;
  #app: UwsApp | undefined;
  #listenSocket: object | undefined;

  constructor(uws: UwsModule, options: TransportOptions<C>) {
    this.#uws = uws;
    this.#options = options;
    this.#context = { guarded: new GuardedHandler(options.handler, options.log), drops: [] };
    this.#paths = new Set(options.endpoints.map((endpoint) => endpoint.path));
  }

  async listen(): Promise<ListenAddress> {
    const app = await this.#createApp();
    for (const endpoint of this.#options.endpoints) app.ws(endpoint.path, this.#behavior(endpoint));
    app.any('/*', (res, req) => this.#answerHttp(res, req));
    const { host, port } = this.#options.listen;
    let listenSocket: object | false = false;
    // Exclusive: with the port shared, a second gateway started by mistake would get half of the clients.
    app.listen(host, port, this.#uws.LIBUS_LISTEN_EXCLUSIVE_PORT, (result) => {
      listenSocket = result;
    });
    if (listenSocket === false) {
      app.close();
      throw await probeListenError(this.#options.listen);
    }
    this.#app = app;
    this.#listenSocket = listenSocket;
    return { host, port: this.#uws.us_socket_local_port(listenSocket) };
  }

  publish(topic: string, message: OutboundMessage): void {
    this.#app?.publish(topic, message.payload, message.binary, message.compress);
  }

  stopListening(): void {
    if (this.#listenSocket === undefined) return;
    this.#uws.us_listen_socket_close(this.#listenSocket);
    this.#listenSocket = undefined;
  }

  async stop(): Promise<void> {
    this.stopListening();
    this.#app?.close();
    this.#app = undefined;
    await Promise.resolve();
  }

  async #createApp(): Promise<UwsApp> {
    const { tls } = this.#options;
    if (tls === undefined) return this.#uws.App();
    await readTlsFiles(tls);
    return this.#uws.SSLApp({ key_file_name: tls.keyFile, cert_file_name: tls.certFile });
  }

  #behavior(endpoint: TransportEndpoint): UwsBehavior<UwsSocket<C>> {
    const { guarded } = this.#context;
    return {
      maxPayloadLength: Math.min(endpoint.maxMessageBytes + OVERSIZE_MARGIN_BYTES, MAX_INT32),
      maxBackpressure: Math.min(endpoint.maxBufferedBytes, MAX_INT32),
      idleTimeout: Math.ceil(endpoint.idleTimeoutS / IDLE_STEP_S) * IDLE_STEP_S,
      sendPingsAutomatically: true,
      compression: endpoint.compression ? this.#uws.SHARED_COMPRESSOR : this.#uws.DISABLED,
      upgrade: (res, req, context) => this.#upgrade({ res, context, endpoint }, req),
      open: (ws) => ws.peer.opened(ws),
      message: (ws, message, isBinary) => {
        if (message.byteLength > endpoint.maxMessageBytes) ws.peer.end(1009, 'message too big');
        else guarded.message(ws.peer, copyMessage(message), isBinary);
      },
      drain: (ws) => ws.peer.drained(),
      dropped: (ws, message) => this.#dropped(ws.peer, message.byteLength),
      close: (ws, code, reason) => ws.peer.closed(code, Buffer.from(reason).toString()),
    };
  }

  #upgrade(target: UpgradeTarget, req: UwsRequest): void {
    const { res, endpoint } = target;
    // The library reads patterns where a path has `:` or `*`; ours are literal.
    if (req.getUrl() !== endpoint.path) {
      req.setYield(true);
      return;
    }
    const request = copyRequest(res, req);
    const refusal = refuseUpgrade(request.method, request.headers);
    if (refusal !== undefined) {
      writeAnswer(res, refusal, { isHead: false, close: true });
      return;
    }
    const { handler, log } = this.#options;
    const decision = askHandler({ handler, endpoint, log, timeoutMs: UPGRADE_TIMEOUT_MS }, request);
    if (decision instanceof Promise) void this.#upgradeLater(target, request, decision);
    else this.#finishUpgrade(target, request, decision);
  }

  async #upgradeLater(target: UpgradeTarget, request: HttpRequest, pending: Promise<UpgradeDecision>): Promise<void> {
    let isGone = false;
    target.res.onAborted(() => {
      isGone = true;
    });
    const decision = await pending;
    if (!isGone) this.#finishUpgrade(target, request, decision);
  }

  #finishUpgrade({ res, context, endpoint }: UpgradeTarget, request: HttpRequest, decision: UpgradeDecision): void {
    if (!decision.accept) {
      writeAnswer(res, decision, { isHead: false, close: true });
      return;
    }
    const peer = new UwsSocket<C>(this.#context, request.remoteAddress);
    const key = request.headers.get('sec-websocket-key') ?? '';
    const extensions = request.headers.get('sec-websocket-extensions') ?? '';
    res.cork(() => {
      res.upgrade({ peer }, key, decision.subprotocol ?? '', extensions, context);
      this.#context.guarded.open(peer, request, endpoint);
    });
  }

  /** Told later: the library is in the middle of writing to this socket, which must not be closed under it. */
  #dropped(peer: UwsSocket<C>, bytes: number): void {
    const { drops } = this.#context;
    if (drops.length === 0) setImmediate(() => this.#tellDrops());
    drops.push({ peer, bytes });
  }

  #tellDrops(): void {
    for (const { peer, bytes } of this.#context.drops.splice(0)) this.#context.guarded.dropped(peer, bytes);
  }

  #answerHttp(res: UwsResponse, req: UwsRequest): void {
    const request = copyRequest(res, req);
    if (this.#paths.has(request.path)) {
      const refusal = refuseUpgrade(request.method, request.headers) ?? { status: 400 };
      writeAnswer(res, refusal, { isHead: request.method === 'HEAD', close: true });
      return;
    }
    void serveHttp(this.#options.http, new UwsExchange(res, request), this.#options.log);
  }
}

interface UpgradeTarget {
  readonly res: UwsResponse;
  readonly context: object;
  readonly endpoint: TransportEndpoint;
}

/** Hot: the library detaches its buffer when the handler returns; small copies share a slab. */
function copyMessage(message: ArrayBuffer): Uint8Array {
  const copy = Buffer.allocUnsafe(message.byteLength);
  copy.set(new Uint8Array(message));
  return copy;
}

function isUwsModule(value: unknown): value is UwsModule {
  return typeof value === 'object' && value !== null && 'App' in value && typeof value.App === 'function';
}
