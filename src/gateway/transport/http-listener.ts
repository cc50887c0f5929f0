import { createServer, IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ListenAddress } from '../../core/listen-address.js';
import type { Logger } from '../../core/logger.js';
import type { HttpHandler } from './http-exchange.js';
import { MAX_HEAD_BYTES, serveHttp } from './http-serve.js';
import { listenError } from './listen-error.js';
import { NodeExchange } from './node-http.js';
import { readTlsFiles } from './tls-files.js';
import type { TlsFiles } from './transport.js';

export interface HttpListenerOptions {
  readonly listen: ListenAddress;
  readonly tls?: TlsFiles;
  readonly http: HttpHandler;
  readonly log: Logger;
  /** Takes requests for a WebSocket; without it they are answered as plain requests. */
  readonly upgrades?: {
    wants(req: IncomingMessage): boolean;
    take(req: IncomingMessage, socket: Duplex, head: Buffer): void;
  };
}

/** An HTTP listener on node:http(s): under the `ws` transport, and by itself for the internal API on its own port. */
export class HttpListener {
  readonly #options: HttpListenerOptions;
  #server: Server | undefined;
  #isListening = false;
  #closed: Promise<void> = Promise.resolve();

  constructor(options: HttpListenerOptions) {
    this.#options = options;
  }

  /** Rejects with `listen.*` or `tls.invalid`. Resolves to the address really bound. */
  async listen(): Promise<ListenAddress> {
    const { listen } = this.#options;
    const server = await this.#createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', (thrown) => reject(listenError(listen, thrown)));
      server.listen({ host: listen.host, port: listen.port, exclusive: true }, resolve);
    });
    server.removeAllListeners('error');
    server.on('error', (thrown) => this.#options.log.error('transport.listener-failed', { error: thrown.message }));
    this.#closed = new Promise((resolve) => server.once('close', resolve));
    this.#server = server;
    this.#isListening = true;
    return { host: listen.host, port: boundPort(server.address()) };
  }

  /** Accepts no new connection; open ones stay, idle HTTP ones close. */
  stopListening(): void {
    if (!this.#isListening) return;
    this.#isListening = false;
    this.#server?.close();
  }

  /** Cuts what is left. Idempotent; resolves when the port is free and every HTTP connection gone. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    if (this.#isListening) server.close();
    this.#isListening = false;
    server.closeAllConnections();
    await this.#closed;
  }

  async #createServer(): Promise<Server> {
    const { tls, upgrades, http, log } = this.#options;
    const options = { maxHeaderSize: MAX_HEAD_BYTES, IncomingMessage: requestClass(upgrades) };
    const server =
      tls === undefined ? createServer(options) : createTlsServer({ ...options, ...(await readTlsFiles(tls)) });
    server.on('request', (req, res) => void serveHttp(http, new NodeExchange(req, res), log));
    if (upgrades !== undefined) server.on('upgrade', (req, socket, head) => upgrades.take(req, socket, head));
    return server;
  }
}

/**
 * Node hands every request with an `Upgrade` header over as raw bytes once somebody listens for upgrades, also those that ask for
 * something else (`h2c`) and could be served as they are. It asks the request's `upgrade` property first: here it says no for these.
 */
function requestClass(upgrades: HttpListenerOptions['upgrades']): typeof IncomingMessage {
  if (upgrades === undefined) return IncomingMessage;
  class Request extends IncomingMessage {}
  const asked = new WeakSet<object>();
  Object.defineProperty(Request.prototype, 'upgrade', {
    get(this: Request): boolean {
      return asked.has(this) && upgrades.wants(this);
    },
    set(this: Request, isAsked: unknown): void {
      if (isAsked === true) asked.add(this);
      else asked.delete(this);
    },
  });
  return Request;
}

function boundPort(address: AddressInfo | string | null): number {
  return typeof address === 'object' && address !== null ? address.port : 0;
}
