import type { HttpAnswer } from '../transport/http/http-exchange.js';

export const TEXT = 'text/plain; charset=utf-8';
export const JSON_TYPE = 'application/json';

const TEXT_ONLY = { 'Content-Type': TEXT };

/** Creates a plain text answer. */
export function textAnswer(status: number, body: string, headers?: Readonly<Record<string, string>>): HttpAnswer {
  return { status, headers: headers === undefined ? TEXT_ONLY : { ...TEXT_ONLY, ...headers }, body };
}

/** Go's answer to an unknown path. */
export function notFound(): HttpAnswer {
  return textAnswer(404, '404 page not found\n', { 'X-Content-Type-Options': 'nosniff' });
}

/** The answer to an invalid request, with the reason as its body. */
export function badRequest(reason: string): HttpAnswer {
  return textAnswer(400, `${reason}\n`);
}

/** The answer to a body that is too large. */
export function tooLarge(maxBodyBytes: number): HttpAnswer {
  return textAnswer(413, `the body is larger than ${maxBodyBytes} bytes\n`);
}
