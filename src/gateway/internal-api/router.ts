import { decodeEscapes } from '../tag-index/parse-query.js';
import type { LimitedLog } from '../../core/limited-log.js';
import type { AccessRefusal, RequestGuard } from '../access/request-guard.js';
import type { HttpAnswer, HttpExchange, HttpHandler, HttpRequest } from '../transport/http/http-exchange.js';
import { badRequest, notFound } from './answers.js';
import { CrossOriginExchange, isPreflight, preflightAnswer } from './cross-origin.js';
import type { Route } from './route.js';

/** Percent-decodes a path, like Go's ServeMux. Undefined for invalid escapes. */
export function decodePath(path: string): string | undefined {
  return path.includes('%') ? decodeEscapes(path) : path;
}

/**
 * Returns the clean path that Go's ServeMux redirects to: without `//`, `.` or `..`; a trailing
 * slash stays.
 */
export function cleanPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  const cleaned = `/${parts.join('/')}`;
  return path.endsWith('/') && cleaned !== '/' ? `${cleaned}/` : cleaned;
}

export interface RouterDeps {
  readonly routes: readonly Route[];
  readonly guard: RequestGuard;
  /** WebSocket paths; requests without a valid upgrade are answered with 400. */
  readonly webSocketPaths: readonly string[];
  readonly refusals: LimitedLog;
}

const LONGEST_LOGGED_HOST = 100;
const KEY_MISSING: HttpAnswer = { status: 401, headers: { 'WWW-Authenticate': 'Bearer realm="internal API"' } };

/** Routes each request that is not an upgrade, and refuses callers without access. */
export class Router {
  readonly #routes: ReadonlyMap<string, Route>;
  readonly #guard: RequestGuard;
  readonly #webSocketPaths: ReadonlySet<string>;
  readonly #refusals: LimitedLog;

  constructor(deps: RouterDeps) {
    this.#routes = new Map(deps.routes.map((route) => [route.path, route]));
    this.#guard = deps.guard;
    this.#webSocketPaths = new Set(deps.webSocketPaths);
    this.#refusals = deps.refusals;
  }

  /** Serves the whole API. */
  readonly handle: HttpHandler = (exchange) => {
    const origin = exchange.request.headers.get('origin');
    const mayRead = origin !== undefined && this.#guard.listsOrigin(origin);
    return this.#serve(mayRead ? new CrossOriginExchange(exchange, origin) : exchange);
  };

  /** Serves the open routes only; the others are served by the internal listener. */
  readonly handleOpenRoutes: HttpHandler = (exchange) => {
    const path = decodePath(exchange.request.path);
    const early = this.#answerBeforeAccess(path);
    if (early !== undefined) return exchange.answer(early);
    const route = this.#routes.get(path ?? '');
    if (route?.open !== true) return exchange.answer(notFound());
    return dispatch(route, exchange, false);
  };

  #serve(exchange: HttpExchange): void | Promise<void> {
    const { request } = exchange;
    const path = decodePath(request.path);
    const early = this.#answerBeforeAccess(path);
    if (early !== undefined) return exchange.answer(early);
    const route = this.#routes.get(path ?? '');
    const refusal = this.#guard.refusal(request);
    const first = answerFirst(exchange, route, refusal);
    if (first !== undefined) return exchange.answer(first);
    if (route?.open === true) return dispatch(route, exchange, refusal === undefined);
    if (refusal !== undefined) return this.#refuse(refusal, exchange);
    if (route !== undefined) return dispatch(route, exchange, true);
    exchange.answer(redirection(request, path ?? '') ?? notFound());
  }

  #refuse(reason: AccessRefusal, exchange: HttpExchange): void {
    const { remoteAddress: peer, method, path, headers } = exchange.request;
    const fields = { peer, reason, method, path };
    const host = headers.get('host')?.slice(0, LONGEST_LOGGED_HOST);
    this.#refusals.warn('access.refused', reason === 'host' ? { ...fields, host } : fields);
    exchange.answer(reason === 'key' ? KEY_MISSING : { status: 403 });
  }

  #answerBeforeAccess(path: string | undefined): HttpAnswer | undefined {
    if (path === undefined) return badRequest('the path contains an invalid escape');
    if (this.#webSocketPaths.has(path)) return badRequest('this path accepts WebSocket upgrades only');
    return undefined;
  }
}

/**
 * Returns the answer to a preflight, which carries no key; undefined for other requests and for
 * refused callers.
 */
function answerFirst(
  exchange: HttpExchange,
  route: Route | undefined,
  refusal: AccessRefusal | undefined,
): HttpAnswer | undefined {
  if (!(exchange instanceof CrossOriginExchange) || !isPreflight(exchange.request)) return undefined;
  if (refusal !== undefined && refusal !== 'key') return undefined;
  return route === undefined ? notFound() : preflightAnswer(exchange.request, route);
}

function dispatch(route: Route, exchange: HttpExchange, trusted: boolean): void | Promise<void> {
  const { method } = exchange.request;
  const asked = method === 'HEAD' ? 'GET' : method;
  if (asked === route.method) return route.handle(exchange, trusted);
  exchange.answer({ status: 405, headers: { Allow: route.method === 'GET' ? 'GET, HEAD' : route.method } });
}

/** Redirects to the clean path. `OPTIONS *` and `CONNECT host:port` contain no path. */
function redirection(request: HttpRequest, path: string): HttpAnswer | undefined {
  if (!path.startsWith('/')) return undefined;
  const cleaned = cleanPath(path);
  if (cleaned === path) return undefined;
  const target = encodeURI(cleaned).replaceAll('?', '%3F').replaceAll('#', '%23');
  const location = request.query === '' ? target : `${target}?${request.query}`;
  if (request.method !== 'GET') return { status: 301, headers: { Location: location } };
  const href = location
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('"', '&#34;')
    .replaceAll("'", '&#39;');
  const headers = { Location: location, 'Content-Type': 'text/html; charset=utf-8' };
  return { status: 301, headers, body: `<a href="${href}">Moved Permanently</a>.\n\n` };
}
