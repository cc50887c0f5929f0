import type { HttpAnswer, HttpExchange, HttpRequest, HttpStream } from '../transport/http/http-exchange.js';
import { INCOMPLETE_HEADER } from './call-answer.js';
import type { Route } from './route.js';

type Headers = Readonly<Record<string, string>>;

/** Time that a browser may cache the answer to a preflight. */
const PREFLIGHT_AGE_S = 600;
const HEADER_NAMES = /^[\w!#$%&'*+.^`|~, -]{0,1024}$/;

/** An exchange with a page whose origin may read every answer (Fetch, 3.2). */
export class CrossOriginExchange implements HttpExchange {
  readonly #exchange: HttpExchange;
  readonly #origin: string;

  constructor(exchange: HttpExchange, origin: string) {
    this.#exchange = exchange;
    this.#origin = origin;
  }

  get request(): HttpRequest {
    return this.#exchange.request;
  }

  readBody(limitBytes: number): Promise<Uint8Array | undefined> {
    return this.#exchange.readBody(limitBytes);
  }

  answer(answer: HttpAnswer): void {
    this.#exchange.answer({ ...answer, headers: this.#readable(answer.headers) });
  }

  stream(answer: { readonly status: number; readonly headers?: Headers }): HttpStream {
    return this.#exchange.stream({ ...answer, headers: this.#readable(answer.headers) });
  }

  #readable(headers: Headers | undefined): Headers {
    const allowing = { 'Access-Control-Allow-Origin': this.#origin, 'Access-Control-Allow-Credentials': 'true' };
    const exposing: Headers =
      headers?.[INCOMPLETE_HEADER] === undefined ? {} : { 'Access-Control-Expose-Headers': INCOMPLETE_HEADER };
    return { ...headers, ...allowing, ...exposing, Vary: 'Origin' };
  }
}

/** Whether a request is a CORS preflight. */
export function isPreflight({ method, headers }: HttpRequest): boolean {
  return method === 'OPTIONS' && headers.has('access-control-request-method');
}

/**
 * Returns the answer to a preflight for a route, without the headers that all answers to its origin
 * carry.
 */
export function preflightAnswer({ headers }: HttpRequest, route: Route): HttpAnswer {
  const allowed: Record<string, string> = {
    'Access-Control-Allow-Methods': route.method === 'GET' ? 'GET, HEAD' : route.method,
    'Access-Control-Max-Age': String(PREFLIGHT_AGE_S),
  };
  const names = headers.get('access-control-request-headers');
  if (names !== undefined && HEADER_NAMES.test(names)) allowed['Access-Control-Allow-Headers'] = names;
  // Sent by browsers for pages of public addresses that access private ones.
  if (headers.get('access-control-request-private-network') === 'true')
    allowed['Access-Control-Allow-Private-Network'] = 'true';
  return { status: 200, headers: allowed };
}
