import { type IncomingMessage, type ServerResponse, validateHeaderValue } from 'node:http';
import { BodyCollector } from './body-collector.js';
import type { HttpAnswer, HttpRequest, HttpStream } from './http-exchange.js';
import { announcedLength, MAX_HEADERS, type AbortableExchange, KEEP_ALIVE_MS } from './http-serve.js';
import { endAnswer } from './last-answers.js';
import type { PeerAddress } from './proxy-protocol.js';
import { readTarget, addHeader, headerText } from './request-text.js';
import type { AddressOf } from '../transport.js';

/**
 * Whether Node may have dropped header lines. Such a request must be refused, because the dropped
 * lines are unknown.
 */
export function hasTooManyHeaders({ rawHeaders }: IncomingMessage): boolean {
  return rawHeaders.length > MAX_HEADERS * 2;
}

/**
 * Converts Node's request. Its address is that of `peer`, or of the client that `addressOf` finds
 * behind it.
 */
export function readRequest(
  req: IncomingMessage,
  { address, via }: PeerAddress,
  addressOf: AddressOf | undefined,
): HttpRequest {
  const headers = new Map<string, string>();
  for (let i = 0; i + 1 < req.rawHeaders.length; i += 2) {
    addHeader(headers, (req.rawHeaders[i] ?? '').toLowerCase(), headerText(req.rawHeaders[i + 1] ?? ''));
  }
  const { path, query, authority } = readTarget(req);
  if (authority !== undefined) headers.set('host', authority);
  return {
    method: req.method ?? 'GET',
    path,
    query,
    headers,
    remoteAddress: addressOf === undefined ? address : addressOf(address, headers, via),
  };
}

/** One HTTP request on node:http. */
export class NodeExchange implements AbortableExchange {
  readonly request: HttpRequest;
  readonly #req: IncomingMessage;
  readonly #res: ServerResponse;
  #isAnswered = false;

  constructor(req: IncomingMessage, res: ServerResponse, request: HttpRequest) {
    this.request = request;
    this.#req = req;
    this.#res = res;
  }

  readBody(limitBytes: number): Promise<Uint8Array | undefined> {
    const body = new BodyCollector(limitBytes, announcedLength(this.request.headers));
    // `on` although each event occurs once: `once` allocates two more objects, and only the first
    // call counts. Measured by bench/fan-out.
    this.#req.on('data', (chunk: Buffer) => body.add(chunk, false));
    this.#req.on('end', () => body.end());
    const abort = (): void => body.abort();
    this.#req.on('close', abort);
    this.#req.on('error', abort);
    return body.done;
  }

  answer(answer: HttpAnswer): void {
    if (!this.#claim()) return;
    if (isHot(this.#req, this.#res, answer)) return writeAtOnce(this.#res, answer);
    const body = answer.body ?? '';
    this.#res.writeHead(answer.status, { ...answer.headers, 'Content-Length': Buffer.byteLength(body) });
    endAnswer(this.#req, this.#res, body);
  }

  stream(answer: { readonly status: number; readonly headers?: Readonly<Record<string, string>> }): HttpStream {
    if (this.#claim()) {
      this.#res.writeHead(answer.status, { ...answer.headers });
      this.#res.flushHeaders();
    }
    return new NodeHttpStream(this.#res);
  }

  fail(): void {
    if (this.#isAnswered) this.#res.destroy();
    else
      this.answer({
        status: 500,
        headers: { 'Content-Type': 'text/plain; charset=utf-8' },
        body: 'Internal Server Error\n',
      });
  }

  #claim(): boolean {
    const isFirst = !this.#isAnswered;
    this.#isAnswered = true;
    return isFirst && !this.#res.destroyed;
  }
}

class NodeHttpStream implements HttpStream {
  readonly #res: ServerResponse;
  #isEnded = false;

  constructor(res: ServerResponse) {
    this.#res = res;
  }

  write(chunk: string | Uint8Array): boolean {
    if (this.#isEnded || this.#res.destroyed) return true;
    return this.#res.write(chunk);
  }

  onDrain(listener: () => void): void {
    this.#res.on('drain', listener);
  }

  onClose(listener: () => void): void {
    if (this.#res.destroyed) {
      listener();
      return;
    }
    this.#res.once('close', () => {
      if (!this.#isEnded) listener();
    });
  }

  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#res.end();
  }
}

/** The kind of answer that most requests get. */
interface HotAnswer extends HttpAnswer {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Whether `writeAtOnce` may write an answer: a text with status 200 to a request that was read
 * completely, on a connection that stays open.
 */
function isHot(req: IncomingMessage, res: ServerResponse, answer: HttpAnswer): answer is HotAnswer {
  const { status, headers, body } = answer;
  if (status !== 200 || headers === undefined || typeof body !== 'string') return false;
  const isOrdinary = req.httpVersionMinor === 1 && req.method !== 'HEAD' && req.complete;
  return isOrdinary && res.shouldKeepAlive && Reflect.get(res, '_header') === null;
}

/**
 * Writes head and body as one string. Node by itself writes two pieces, allocates a buffer for both
 * and makes another system call. The head is the one that Node would write; Node treats a head that
 * is already set as written by `writeHead`. Measured by bench/fan-out: saves 2 to 3 us per POST.
 */
function writeAtOnce(res: ServerResponse, { headers, body }: HotAnswer): void {
  const head = `${headBefore(headers)}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n`;
  Reflect.set(res, '_header', head + body);
  res.flushHeaders();
  res.end();
}

let lastHeaders: HotAnswer['headers'] | undefined;

let lastSecond = 0;

let lastHead = '';

/**
 * Returns the head up to `Content-Length`, cached for answers with the same headers within a
 * second.
 */
function headBefore(headers: HotAnswer['headers']): string {
  const second = Math.floor(Date.now() / 1000);
  if (second === lastSecond && headers === lastHeaders) return lastHead;
  const lines = Object.entries(headers).map(([name, value]) => {
    validateHeaderValue(name, value);
    return `${name}: ${value}\r\n`;
  });
  const date = new Date(second * 1000).toUTCString();
  lastHead = `HTTP/1.1 200 OK\r\n${lines.join('')}Date: ${date}\r\nConnection: keep-alive\r\nKeep-Alive: timeout=${KEEP_ALIVE_MS / 1000}\r\n`;
  lastHeaders = headers;
  lastSecond = second;
  return lastHead;
}
