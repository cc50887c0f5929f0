import { Agent as HttpAgent, type IncomingMessage, type RequestOptions, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import type { PeerCertificate } from 'node:tls';
import { errorMessage, systemErrorCode } from '../../../../core/error.js';
import type { VuContext } from '../../runtime/vu-context.js';
import { hostOverride, localAddressOf } from '../../../client/host-rules.js';
import { cookieHeader } from '../../runtime/cookie-jar.js';
import { HTTP_HEAD_LIMIT_BYTES } from './broken-head.js';
import { decompressBody } from './http-body.js';
import { type RoundTrip, Marks } from './http-marks.js';
import type { ScriptRequest } from './http-request.js';

/** Connections of one virtual user, kept alive between requests as in k6. */
export class HttpConnections {
  #http: HttpAgent | undefined;
  #https: HttpsAgent | undefined;

  readonly #vu: VuContext;

  constructor(vu: VuContext) {
    this.#vu = vu;
  }

  agentFor(url: URL): HttpAgent | HttpsAgent {
    const keepAlive = !this.#vu.thread.runtime.noConnectionReuse;
    if (url.protocol === 'http:') return (this.#http ??= new HttpAgent({ keepAlive }));
    return (this.#https ??= new HttpsAgent({ keepAlive }));
  }

  close(): void {
    this.#http?.destroy();
    this.#https?.destroy();
    this.#http = undefined;
    this.#https = undefined;
  }
}

/** A request without a complete response, with the part that was received. */
export class BrokenExchange extends Error {
  /** Local and remote address; empty without a connection. */
  readonly route: string;
  /** Whether the head of a response was received. */
  readonly hasAnswer: boolean;
  readonly certificate: PeerCertificate | undefined;

  constructor(
    override readonly cause: Error,
    /** The status is 0; the body is the part that was received. */
    readonly partial: RoundTrip,
    marks: Pick<Marks, 'route' | 'hasAnswer' | 'certificate'>,
  ) {
    super(cause.message);
    this.route = marks.route;
    this.hasAnswer = marks.hasAnswer;
    this.certificate = marks.certificate;
  }
}

/** A response body that cannot be decompressed. */
export class UnreadableBody extends Error {}

/** A response that does not fit the request. The error is thrown to the script, as in k6. */
export class UnsupportedAnswer extends Error {}

/** Collaborators of a request; `onAbort` receives a function that aborts it. */
export interface ExchangeDeps {
  readonly vu: VuContext;
  readonly connections: HttpConnections;
  readonly onAbort: (abort: (reason: Error) => void) => void;
}

/**
 * Go repeats these methods if a reused connection turns out to be closed (RFC 9110, section 9.2.2).
 */
const REPEATABLE: readonly string[] = ['GET', 'HEAD', 'OPTIONS', 'TRACE'];
const CLOSED_BY_PEER: readonly string[] = ['ECONNRESET', 'EPIPE'];

/** Sends one request without following redirects. Rejects with `BrokenExchange` when it fails. */
export async function exchange(deps: ExchangeDeps, request: ScriptRequest): Promise<RoundTrip> {
  for (;;) {
    const marks = new Marks(() => deps.vu.thread.clock.now());
    try {
      return await attempt(deps, request, marks);
    } catch (error) {
      if (!mayBeRepeated(request, marks, error)) throw error;
    }
  }
}

function mayBeRepeated({ method, body }: ScriptRequest, marks: Marks, error: unknown): boolean {
  if (!(error instanceof BrokenExchange) || !marks.isStale) return false;
  return (
    REPEATABLE.includes(method) && body === undefined && CLOSED_BY_PEER.includes(systemErrorCode(error.cause) ?? '')
  );
}

function attempt(deps: ExchangeDeps, request: ScriptRequest, marks: Marks): Promise<RoundTrip> {
  const { vu, connections, onAbort } = deps;
  const { clock } = vu.thread;
  return new Promise((resolve, reject) => {
    const send = request.url.protocol === 'https:' ? requestHttps : requestHttp;
    const outgoing = send(request.url, requestOptions(request, vu, connections));
    const chunks: Buffer[] = [];
    let isWhole = false;
    const cancelTimeout = clock.schedule(() => outgoing.destroy(timeoutError()), request.timeoutMs);
    const fail = (error: Error): void => {
      cancelTimeout();
      const body = error instanceof UnreadableBody ? Buffer.alloc(0) : Buffer.concat(chunks);
      reject(new BrokenExchange(error, marks.broken(body), marks));
    };
    const refuse = (answer: IncomingMessage): void => {
      cancelTimeout();
      outgoing.destroy();
      reject(new UnsupportedAnswer(`unsupported response status: ${statusTextOf(answer)}`));
    };
    onAbort((reason) => outgoing.destroy(reason));
    outgoing.on('socket', (socket) => marks.watch(socket));
    outgoing.on('finish', () => (marks.sent = clock.now()));
    // Errors after a complete response are ignored.
    outgoing.on('error', (error) => void (isWhole || fail(error)));
    outgoing.on('upgrade', refuse);
    outgoing.on('connect', refuse);
    outgoing.on('response', (answer) => {
      marks.answered = clock.now();
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', fail);
      outgoing.prependListener('error', () => (isWhole = answer.complete));
      answer.on('end', () => {
        cancelTimeout();
        try {
          resolve(finished(answer, Buffer.concat(chunks), marks));
        } catch (error) {
          fail(error instanceof Error ? error : new Error(String(error)));
        }
      });
    });
    outgoing.end(request.body);
    if (request.timeoutMs === 0) outgoing.destroy(timeoutError());
  });
}

function requestOptions(request: ScriptRequest, vu: VuContext, connections: HttpConnections): RequestOptions {
  const { runtime, lookup } = vu.thread;
  return {
    method: request.method,
    agent: connections.agentFor(request.url),
    headers: headersOf(request),
    // Servers under test may violate the standard: accept what k6 accepts.
    insecureHTTPParser: true,
    maxHeaderSize: HTTP_HEAD_LIMIT_BYTES,
    ...(runtime.insecureSkipTlsVerify && { rejectUnauthorized: false }),
    ...(lookup && { lookup }),
    ...addressOf(request.url, vu),
  };
}

/** Returns the headers that are sent, including cookies. */
export function headersOf(request: ScriptRequest): Record<string, string> {
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

function finished(answer: IncomingMessage, body: Buffer, marks: Marks): RoundTrip {
  return {
    status: answer.statusCode ?? 0,
    statusText: statusTextOf(answer),
    rawHeaders: answer.rawHeaders,
    body: plainBody(body, answer.headers['content-encoding'] ?? ''),
    proto: `HTTP/${answer.httpVersion}`,
    timings: marks.end,
    ...marks.peer,
  };
}

function statusTextOf({ statusCode = 0, statusMessage = '' }: IncomingMessage): string {
  return `${statusCode} ${statusMessage}`.trimEnd();
}

function plainBody(body: Buffer, encoding: string): Buffer {
  try {
    return decompressBody(body, encoding);
  } catch (error) {
    throw new UnreadableBody(`error decompressing response body (${decompressionText(error, encoding)})`);
  }
}

/** Returns the message of Go's packages. */
function decompressionText(error: unknown, encoding: string): string {
  if (systemErrorCode(error) === 'Z_BUF_ERROR') return 'unexpected EOF';
  const message = errorMessage(error);
  return message === 'incorrect header check'
    ? `${encoding === 'deflate' ? 'zlib' : encoding}: invalid header`
    : message;
}
