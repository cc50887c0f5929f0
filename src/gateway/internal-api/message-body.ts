import { isUtf8 } from 'node:buffer';
import type { HttpRequest } from '../transport/http-exchange.js';

/** A binary frame if the content type is exactly `application/octet-stream`, as the old program had it; else text. */
export function isBinary(request: HttpRequest): boolean {
  return request.headers.get('content-type') === 'application/octet-stream';
}

/** Why the body cannot leave as a message; undefined when it can. */
export function messageProblem(body: Uint8Array, binary: boolean): string | undefined {
  return binary || isUtf8(body)
    ? undefined
    : 'a text message must be UTF-8; send Content-Type: application/octet-stream for bytes';
}
