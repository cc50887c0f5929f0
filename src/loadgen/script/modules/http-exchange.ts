import { Agent as HttpAgent, type IncomingMessage, type RequestOptions, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { VuContext } from '../runtime/vu-context.js';
import { hostOverride, localAddressOf } from '../../client/host-rules.js';
import { cookieHeader } from './cookie-jar.js';
import { decompressBody } from './http-body.js';
import type { HttpRequest } from './http-request.js';

/** How long the parts of an exchange took: milliseconds. */
export interface HttpTimings {
  readonly duration: number;
  readonly blocked: number;
  readonly looking_up: number;
  readonly connecting: number;
  readonly tls_handshaking: number;
  readonly sending: number;
  readonly waiting: number;
  readonly receiving: number;
}

/** One request and its answer on the wire. */
export interface HttpExchange {
  readonly status: number;
  readonly statusText: string;
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  readonly proto: string;
  readonly tlsVersion?: string;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly timings: HttpTimings;
  readonly bytesSent: number;
  readonly bytesReceived: number;
}

/** What stands for an answer when there was none. */
export const NO_ANSWER: HttpExchange = {
  status: 0,
  statusText: '',
  rawHeaders: [],
  body: Buffer.alloc(0),
  proto: '',
  remoteAddress: '',
  remotePort: 0,
  bytesSent: 0,
  bytesReceived: 0,
  timings: {
    duration: 0,
    blocked: 0,
    looking_up: 0,
    connecting: 0,
    tls_handshaking: 0,
    sending: 0,
    waiting: 0,
    receiving: 0,
  },
};

/** Connections of one virtual user, kept between requests as k6 does. */
export class HttpConnections {
  private http: HttpAgent | undefined;
  private https: HttpsAgent | undefined;

  constructor(private readonly vu: VuContext) {}

  agentFor(url: URL): HttpAgent | HttpsAgent {
    const keepAlive = !this.vu.thread.runtime.noConnectionReuse;
    if (url.protocol === 'http:') return (this.http ??= new HttpAgent({ keepAlive }));
    return (this.https ??= new HttpsAgent({ keepAlive }));
  }

  close(): void {
    this.http?.destroy();
    this.https?.destroy();
    this.http = undefined;
    this.https = undefined;
  }
}

/** An exchange that did not come to its end, with what there was of it until then. */
export class BrokenExchange extends Error {
  constructor(
    override readonly cause: Error,
    /** Its status is 0; the body is what had come. */
    readonly partial: HttpExchange,
  ) {
    super(cause.message);
  }
}

/** Sends one request without following redirects. Rejects with `BrokenExchange` when it fails. `onAbort` gets what cuts it. */
export function exchange(
  { vu, connections }: { readonly vu: VuContext; readonly connections: HttpConnections },
  request: HttpRequest,
  onAbort: (abort: (reason: Error) => void) => void,
): Promise<HttpExchange> {
  const { clock, runtime, lookup } = vu.thread;
  const marks = new Marks(() => clock.now());
  return new Promise((resolve, reject) => {
    const options: RequestOptions = {
      method: request.method,
      agent: connections.agentFor(request.url),
      headers: headersOf(request),
      ...(runtime.insecureSkipTlsVerify && { rejectUnauthorized: false }),
      ...(lookup && { lookup }),
      ...addressOf(request.url, vu),
    };
    const send = request.url.protocol === 'https:' ? requestHttps : requestHttp;
    const outgoing = send(request.url, options);
    const chunks: Buffer[] = [];
    const cancelTimeout = clock.schedule(() => outgoing.destroy(timeoutError()), request.timeoutMs);
    const fail = (error: Error): void => {
      cancelTimeout();
      reject(new BrokenExchange(error, marks.broken(Buffer.concat(chunks))));
    };
    onAbort((reason) => outgoing.destroy(reason));
    outgoing.on('socket', (socket) => marks.watch(socket));
    outgoing.on('finish', () => (marks.sent = clock.now()));
    outgoing.on('error', fail);
    outgoing.on('response', (answer) => {
      marks.answered = clock.now();
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', fail);
      answer.on('end', () => {
        cancelTimeout();
        try {
          resolve(finished(answer, Buffer.concat(chunks), marks));
        } catch (error) {
          reject(error);
        }
      });
    });
    outgoing.end(request.body);
  });
}

function headersOf(request: HttpRequest): Record<string, string> {
  const headers = Object.fromEntries(request.headers);
  headers['Host'] ??= request.url.host;
  const jar = cookieHeader(request.jar, request.url);
  const own = request.cookies.map(([name, value]) => `${name}=${value}`);
  const cookies = [...own, ...(jar === '' ? [] : [jar])].join('; ');
  if (cookies !== '')
    headers['Cookie'] = headers['Cookie'] === undefined ? cookies : `${headers['Cookie']}; ${cookies}`;
  if (request.body !== undefined) headers['Content-Length'] = String(request.body.length);
  return headers;
}

function addressOf(url: URL, vu: VuContext): RequestOptions {
  const { address } = hostOverride(url, vu.thread.runtime);
  return { ...address, localAddress: localAddressOf(vu.number, vu.thread.runtime) };
}

function timeoutError(): Error {
  return Object.assign(new Error('request timeout'), { code: 'ETIMEDOUT' });
}

/** The moments of an exchange. */
class Marks {
  readonly start: number;
  private socket: Socket | undefined;
  private lookedUp = 0;
  private connected = 0;
  private secured = 0;
  private assigned = 0;
  /** The connection was made for this request. */
  private isNew = false;
  private bytesBefore = { read: 0, written: 0 };
  sent = 0;
  answered = 0;

  constructor(private readonly now: () => number) {
    this.start = now();
  }

  watch(socket: Socket): void {
    this.socket = socket;
    this.assigned = this.now();
    this.bytesBefore = { read: socket.bytesRead, written: socket.bytesWritten };
    if (!socket.connecting) return;
    this.isNew = true;
    socket.once('lookup', () => (this.lookedUp = this.now()));
    socket.once('connect', () => (this.connected = this.now()));
    if (socket instanceof TLSSocket) socket.once('secureConnect', () => (this.secured = this.now()));
  }

  timings(end: number): HttpTimings {
    const lookedUp = this.lookedUp || this.assigned;
    const connecting = this.connected === 0 ? 0 : this.connected - lookedUp;
    const tlsHandshaking = this.secured === 0 ? 0 : this.secured - this.connected;
    const ready = Math.max(this.assigned, this.connected, this.secured);
    const sent = Math.min(Math.max(this.sent, ready), this.answered);
    return {
      // With the time to connect, as in k6: until the connection can be written to.
      blocked: ready - this.start,
      looking_up: lookedUp - this.assigned,
      connecting,
      tls_handshaking: tlsHandshaking,
      sending: sent - ready,
      waiting: this.answered - sent,
      receiving: end - this.answered,
      duration: end - ready,
    };
  }

  get peer(): Pick<HttpExchange, 'remoteAddress' | 'remotePort' | 'tlsVersion' | 'bytesSent' | 'bytesReceived'> {
    const { socket, bytesBefore } = this;
    if (socket === undefined) return { remoteAddress: '', remotePort: 0, bytesSent: 0, bytesReceived: 0 };
    const tlsVersion = socket instanceof TLSSocket ? socket.getProtocol() : null;
    return {
      remoteAddress: socket.remoteAddress ?? '',
      remotePort: socket.remotePort ?? 0,
      bytesSent: socket.bytesWritten - bytesBefore.written,
      bytesReceived: socket.bytesRead - bytesBefore.read,
      ...(tlsVersion !== null && { tlsVersion: tlsVersion.replace('TLSv', 'tls') }),
    };
  }

  get end(): HttpTimings {
    return this.timings(this.now());
  }

  /** What there is of an exchange that ends here without an answer. Without a connection no time was taken by the request, as in k6. */
  broken(body: Buffer): HttpExchange {
    const isConnected = this.socket !== undefined && (!this.isNew || this.connected > 0) && !this.isUnsecured;
    if (!isConnected) return { ...NO_ANSWER, ...this.peer };
    const end = this.now();
    if (this.answered === 0) this.answered = end;
    return { ...NO_ANSWER, body, timings: this.timings(end), ...this.peer };
  }

  private get isUnsecured(): boolean {
    return this.isNew && this.socket instanceof TLSSocket && this.secured === 0;
  }
}

function finished(answer: IncomingMessage, body: Buffer, marks: Marks): HttpExchange {
  return {
    status: answer.statusCode ?? 0,
    statusText: `${answer.statusCode ?? 0} ${answer.statusMessage ?? ''}`,
    rawHeaders: answer.rawHeaders,
    body: decompressBody(body, answer.headers['content-encoding'] ?? ''),
    proto: `HTTP/${answer.httpVersion}`,
    timings: marks.end,
    ...marks.peer,
  };
}
