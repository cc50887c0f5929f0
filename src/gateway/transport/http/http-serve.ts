import { STATUS_CODES } from 'node:http';
import { errorMessage } from '../../../core/error.js';
import type { Logger } from '../../../core/logger.js';
import type { HttpAnswer, HttpExchange, HttpHandler, HttpRequest } from './http-exchange.js';

/** Maximum size of a request head, for both libraries. */
export const MAX_HEAD_BYTES = 32 * 1024;

/** Keep-alive time: how long an idle connection stays open. */
export const KEEP_ALIVE_MS = 10_000;

/**
 * Maximum number of header lines on node:http, which would silently drop the rest. uWebSockets.js
 * has its own limit.
 */
export const MAX_HEADERS = 1000;

/** The answer to a head with too many bytes or lines. */
export const HEAD_TOO_LARGE = { status: 431 } satisfies HttpAnswer;

/** An exchange that can be aborted when its handler has failed. */
export interface AbortableExchange extends HttpExchange {
  /** Answers 500 when nothing has been answered yet, else cuts the connection. */
  fail(): void;
}

/** Runs the handler. An exception or rejection is logged and becomes a 500. */
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

/** Returns the end of the status line, such as `404 Not Found`. */
export function statusText(status: number): string {
  return `${status} ${STATUS_CODES[status] ?? 'Unknown'}`;
}

/**
 * Whether the end of a request's body is ambiguous: several lengths, or a transfer coding other
 * than `chunked` alone. A proxy may then see a different next request (request smuggling; RFC 9112,
 * 6.3), and neither library refuses all such requests.
 */
export function hasUnclearEnd({ headers }: HttpRequest): boolean {
  const coding = headers.get('transfer-encoding');
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') return true;
  return headers.get('content-length')?.includes(',') === true;
}

/** Returns the body length from `Content-Length`; 0 without one. */
export function announcedLength(headers: ReadonlyMap<string, string>): number {
  const length = Number(headers.get('content-length') ?? 0);
  return Number.isSafeInteger(length) && length > 0 ? length : 0;
}
