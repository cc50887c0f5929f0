import type { HttpAnswer } from '../transport/http/http-exchange.js';

export const TEXT = 'text/plain; charset=utf-8';
export const JSON_TYPE = 'application/json';

const TEXT_ONLY = { 'Content-Type': TEXT };

/** A plain text answer, exactly as given. */
export function textAnswer(status: number, body: string, headers?: Readonly<Record<string, string>>): HttpAnswer {
  return { status, headers: headers === undefined ? TEXT_ONLY : { ...TEXT_ONLY, ...headers }, body };
}

/** Go's answer to a path that nobody serves. */
export function notFound(): HttpAnswer {
  return textAnswer(404, '404 page not found\n', { 'X-Content-Type-Options': 'nosniff' });
}

/** A request that cannot be understood, with the reason as its body. */
export function badRequest(reason: string): HttpAnswer {
  return textAnswer(400, `${reason}\n`);
}
