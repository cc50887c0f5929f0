import { validateHeaderValue, type IncomingMessage, type ServerResponse } from 'node:http';
import type { HttpAnswer } from './http-exchange.js';
import { KEEP_ALIVE_MS } from './http-serve.js';

/** The kind of answer that most requests get. */
interface HotAnswer extends HttpAnswer {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Whether `writeAtOnce` may write an answer: a text with status 200 to a request that was read
 * completely, on a connection that stays open.
 */
export function isHot(req: IncomingMessage, res: ServerResponse, answer: HttpAnswer): answer is HotAnswer {
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
export function writeAtOnce(res: ServerResponse, { headers, body }: HotAnswer): void {
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
