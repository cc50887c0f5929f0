import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';

/** Counters of a load target. */
export interface TargetCounts {
  sessions: number;
  sent: number;
  received: number;
  pings: number;
}

/**
 * A WebSocket server that counts, for tests of load generators. It refuses some upgrades with 403,
 * by default those to /refused.
 */
export class LoadTarget {
  readonly counts: TargetCounts = { sessions: 0, sent: 0, received: 0, pings: 0 };
  readonly closeCodes: number[] = [];
  readonly #http: Server = createServer((request, response) => this.#respond(request, response));
  readonly #sockets = new WebSocketServer({ noServer: true, perMessageDeflate: true });

  readonly #opened: (socket: WebSocket, target: LoadTarget, request: IncomingMessage) => void;
  readonly #respond: RequestListener;
  readonly #isRefused: (request: IncomingMessage) => boolean;

  /**
   * `opened` receives each socket and its request. `respond` answers plain requests, by default
   * with metrics. `isRefused` selects the upgrades that are answered 403.
   */
  constructor(
    opened: (socket: WebSocket, target: LoadTarget, request: IncomingMessage) => void = () => undefined,
    respond: RequestListener = (_request, response) => response.end(this.#metricsText()),
    isRefused: (request: IncomingMessage) => boolean = ({ url }) => url === '/refused',
  ) {
    this.#opened = opened;
    this.#respond = respond;
    this.#isRefused = isRefused;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.#port}/connect`;
  }

  get httpUrl(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    this.#http.on('upgrade', (request, socket, head) => {
      if (this.#isRefused(request)) {
        socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
        return;
      }
      this.#sockets.handleUpgrade(request, socket, head, (webSocket) => this.#accept(webSocket, request));
    });
    this.#http.listen(0, '127.0.0.1');
    await once(this.#http, 'listening');
  }

  /** Sets this cookie in the answers to handshakes. */
  setCookie(cookie: string): void {
    this.#sockets.on('headers', (headers) => headers.push(`Set-Cookie: ${cookie}`));
  }

  /** Sends a text and counts it. */
  send(socket: WebSocket, text: string): void {
    this.counts.sent += 1;
    socket.send(text);
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#http.closeAllConnections();
    this.#http.close();
    await once(this.#http, 'close');
  }

  get #port(): number {
    const address: AddressInfo | string | null = this.#http.address();
    if (address === null || typeof address === 'string') throw new Error('the target does not listen');
    return address.port;
  }

  #accept(socket: WebSocket, request: IncomingMessage): void {
    this.counts.sessions += 1;
    socket.on('message', () => {
      this.counts.received += 1;
    });
    socket.on('ping', () => {
      this.counts.pings += 1;
    });
    socket.on('close', (code) => this.closeCodes.push(code));
    this.#opened(socket, this, request);
  }

  #metricsText(): string {
    const { sent, received } = this.counts;
    return [
      '# TYPE messages_sent_counter counter',
      `messages_sent_counter ${sent}`,
      `messages_recieved_counter ${received}`,
      'messages_dropped_total{policy="close"} 0',
      'messages_dropped_total{policy="drop-oldest"} 0',
      `active_connections_gauge ${this.#sockets.clients.size}`,
      '',
    ].join('\n');
  }
}
