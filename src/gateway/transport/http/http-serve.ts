import { STATUS_CODES } from 'node:http';
import { errorMessage } from '../../../core/error.js';
import type { Logger } from '../../../core/logger.js';
import type { HttpAnswer, HttpExchange, HttpHandler, HttpRequest } from './http-exchange.js';

/** Largest request head; both libraries are held to it. */
export const MAX_HEAD_BYTES = 32 * 1024;

/** How long a connection may wait for its next request. */
export const KEEP_ALIVE_MS = 10_000;

/**
 * Most header lines of one request on node:http, which would drop the rest without a word.
 * uWebSockets.js has a limit of its own.
 */
export const MAX_HEADERS = 1000;

/** The answer to a head that is larger than that, or has more lines. */
export const HEAD_TOO_LARGE = { status: 431 } satisfies HttpAnswer;

/** An exchange that can be given up on when its handler has failed. */
export interface AbortableExchange extends HttpExchange {
  /** Answers 500 when nothing has been answered yet, else cuts the connection. */
  fail(): void;
}

/** Runs the handler; a throw or a rejection is logged and becomes a 500. */
export function serveHttp(handler: HttpHandler, exchange: AbortableExchange, log: Logger): void {
  const failed = (thrown: unknown): void => {
    const { method, path } = exchange.request;
    log.error('transport.http-handler-failed', { method, path, error: errorMessage(thrown) });
    exchange.fail();
  };
  try {
    handler(exchange)?.catch(failed);
  } catch (thrown) {
    failed(thrown);
  }
}

/** The status line's end: `404 Not Found`. */
export function statusText(status: number): string {
  return `${status} ${STATUS_CODES[status] ?? 'Unknown'}`;
}

/**
 * Whether the end of a request's body can be seen in two places: with several lengths, or a
 * transfer coding that is not `chunked` alone. A proxy in front may see another request begin
 * elsewhere (RFC 9112, 6.3), and neither library refuses all of these.
 */
export function hasUnclearEnd({ headers }: HttpRequest): boolean {
  const coding = headers.get('transfer-encoding');
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') return true;
  return headers.get('content-length')?.includes(',') === true;
}

/** What `Content-Length` says of a request's body; 0 without one. */
export function announcedLength(headers: ReadonlyMap<string, string>): number {
  const length = Number(headers.get('content-length') ?? 0);
  return Number.isSafeInteger(length) && length > 0 ? length : 0;
}
