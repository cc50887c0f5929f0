import type { Tags } from '../../../metric/series.js';
import type { VuContext } from '../../runtime/vu-context.js';
import { type Cookie, parseSetCookie } from '../../runtime/cookie-jar.js';
import { HttpDebug } from './http-debug.js';
import { BrokenExchange, exchange, headersOf, HttpConnections, UnsupportedAnswer } from './http-exchange.js';
import { failureOf, requestWords } from './http-failure.js';
import { type RoundTrip, NO_ANSWER } from './http-marks.js';
import { HttpResponse, type AskedRequest } from './http-response.js';
import type { ScriptRequest, RefusedRequest } from './http-request.js';
import type { Pages } from './page-requests.js';
import { type RequestFailure, urlProblem } from './request-url.js';

const NO_FAILURE: RequestFailure = { error: '', errorCode: 0 };

/** HTTP client of one virtual user. Follows redirects, keeps cookies and records `http_req_*`. */
export class HttpClient {
  readonly #connections: HttpConnections;
  readonly #cuts = new Set<(reason: Error) => void>();

  readonly #vu: VuContext;
  readonly #pages: Pages;

  constructor(vu: VuContext, pages: Pages) {
    this.#vu = vu;
    this.#pages = pages;
    this.#connections = new HttpConnections(vu);
  }

  /** Aborts all pending requests. */
  interrupt(): void {
    for (const cut of this.#cuts) cut(new Error('the iteration was interrupted'));
  }

  /** Closes idle connections. */
  closeConnections(): void {
    this.#connections.close();
  }

  /**
   * Resolves with the last response. Rejects only if the request's parameters ask for failures to
   * be thrown.
   */
  async send(request: ScriptRequest | RefusedRequest): Promise<HttpResponse> {
    if ('bad' in request) return this.#refuse(request);
    if (this.#vu.thread.pace !== undefined) await this.#takeTurn();
    const tags = this.#vu.tagsWith(request.tags);
    let current = request;
    for (let followed = 0; ; followed += 1) {
      const { response, next } = await this.#sendOnce(current, tags);
      if (next === undefined || followed >= request.redirects) return response;
      current = next;
    }
  }

  /** Waits for the rate limit of k6's option `rps`. Redirects are not limited. */
  async #takeTurn(): Promise<void> {
    const { pace, clock } = this.#vu.thread;
    const waitMs = pace?.take() ?? 0;
    if (waitMs <= 0) return;
    let cut: (reason: Error) => void = () => undefined;
    let cancel = (): void => undefined;
    const turn = new Promise<void>((resolve, reject) => {
      cancel = clock.schedule(resolve, waitMs);
      cut = reject;
      this.#cuts.add(cut);
    });
    try {
      await turn;
    } finally {
      cancel();
      this.#cuts.delete(cut);
    }
  }

  async #sendOnce(request: ScriptRequest, tags: Tags): Promise<SentRequest> {
    let cut: (reason: Error) => void = () => undefined;
    const debug = HttpDebug.of(this.#vu);
    debug?.request(request, headersOf(request));
    try {
      const onAbort = (abort: (reason: Error) => void): void => {
        this.#cuts.delete(cut);
        cut = abort;
        this.#cuts.add(cut);
      };
      const answer = await exchange({ vu: this.#vu, connections: this.#connections, onAbort }, request);
      debug?.response(answer);
      const next = redirected(request, answer);
      const cookies = this.#keepCookies(request, answer);
      const failure = answer.status >= 400 ? { error: '', errorCode: 1000 + answer.status } : NO_FAILURE;
      this.#record(request, { tags, answer, failure });
      return { response: new HttpResponse(askedBy(request), answer, failure, { cookies, pages: this.#pages }), next };
    } catch (error) {
      if (error instanceof UnsupportedAnswer) throw error;
      const failure = failureOf(error, request);
      const answer = error instanceof BrokenExchange ? error.partial : NO_ANSWER;
      if (this.#vu.guard.interruption === undefined) this.#record(request, { tags, answer, failure });
      this.#report(failure.logged, request);
      return { response: new HttpResponse(askedBy(request), answer, failure, { cookies: [], pages: this.#pages }) };
    } finally {
      this.#cuts.delete(cut);
    }
  }

  /** Fails a request with an unusable URL without sending it. */
  #refuse(request: RefusedRequest): HttpResponse {
    const { bad, target, method } = request;
    const { failure, name } = bad;
    const tags = this.#vu.tagsWith(request.tags);
    if (name !== undefined) this.#record({ ...request, name }, { tags, answer: NO_ANSWER, failure });
    this.#report(`${name === undefined ? '' : requestWords(method, name)}${failure.error}`, request);
    const href = name === undefined ? '' : target;
    const asked: AskedRequest = { method, href, headers: [], body: undefined, responseType: 'text', cookies: {} };
    return new HttpResponse(asked, NO_ANSWER, failure, { cookies: [], pages: this.#pages });
  }

  /** Throws if the script asked for that, otherwise logs the failure. */
  #report(error: string, { throws }: { readonly throws: boolean }): void {
    if (throws) throw new Error(error);
    const { guard, thread } = this.#vu;
    if (guard.interruption !== undefined) return;
    thread.log.write({ level: 'warning', text: 'Request Failed', error });
  }

  #keepCookies({ jar, url }: ScriptRequest, { rawHeaders }: RoundTrip): Cookie[] {
    const cookies: Cookie[] = [];
    for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
      if (rawHeaders[index]?.toLowerCase() !== 'set-cookie') continue;
      const cookie = parseSetCookie(rawHeaders[index + 1] ?? '', url);
      if (cookie === undefined) continue;
      jar.add(cookie);
      cookies.push(cookie);
    }
    return cookies;
  }

  #record(request: CountedRequest, outcome: Outcome): void {
    const { metrics } = this.#vu.thread;
    const { tags, answer } = outcome;
    const { timings } = answer;
    const isExpected = request.responseCallback?.accepts(answer.status);
    const all: Tags = new Map([...tags, ...this.#systemTags(request, outcome, isExpected)]);
    const { http } = metrics;
    http.requests.add(1, all);
    if (isExpected !== undefined) http.failed.add(isExpected ? 0 : 1, all);
    http.duration.add(timings.duration, all);
    http.blocked.add(timings.blocked, all);
    http.connecting.add(timings.connecting, all);
    http.tlsHandshaking.add(timings.tls_handshaking, all);
    http.sending.add(timings.sending, all);
    http.waiting.add(timings.waiting, all);
    http.receiving.add(timings.receiving, all);
    this.#vu.bytes.dataSent.add(answer.bytesSent);
    this.#vu.bytes.dataReceived.add(answer.bytesReceived);
  }

  #systemTags(request: CountedRequest, { tags, answer, failure }: Outcome, isExpected: boolean | undefined): Tags {
    const filled = (text: string | undefined): string | undefined => (text === '' ? undefined : text);
    // The script's name goes into both tags, so that URLs with ids do not create a series each.
    const name = tags.get('name') ?? request.name;
    return this.#vu.thread.systemTags.pick({
      method: request.method,
      url: name,
      name,
      status: String(answer.status),
      proto: filled(answer.proto),
      tls_version: answer.tlsVersion,
      error: filled(failure.error),
      error_code: failure.errorCode === 0 ? undefined : String(failure.errorCode),
      expected_response: isExpected === undefined ? undefined : String(isExpected),
      ip: filled(answer.remoteAddress),
    });
  }
}

/** A completed request, and the redirected request that follows it. */
interface SentRequest {
  readonly response: HttpResponse;
  readonly next?: ScriptRequest | undefined;
}

/** The parts of a request that appear in its samples. */
type CountedRequest = Pick<ScriptRequest, 'method' | 'name' | 'responseCallback'>;

interface Outcome {
  readonly tags: Tags;
  readonly answer: RoundTrip;
  readonly failure: RequestFailure;
}

function askedBy(request: ScriptRequest): AskedRequest {
  const { method, url, headers, body, responseType } = request;
  return { method, href: url.href, headers, body, responseType, cookies: sentCookies(request) };
}

function sentCookies({ jar, url, cookies }: ScriptRequest): Record<string, object[]> {
  const sent: Record<string, object[]> = {};
  for (const [name, value] of cookies) (sent[name] ??= []).push({ name, value, replace: false });
  for (const { name, value } of jar.matching(url)) (sent[name] ??= []).push({ name, value, replace: false });
  return sent;
}

const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

/**
 * Returns the request that a response redirects to; undefined if it does not redirect. Throws if
 * the location is not a valid URL: the response is then discarded, as in k6.
 */
export function redirected(request: ScriptRequest, answer: RoundTrip): ScriptRequest | undefined {
  const { status } = answer;
  const location = locationOf(answer);
  if (!REDIRECTS.includes(status) || location === undefined) return undefined;
  const problem = urlProblem(location);
  if (problem !== undefined || !URL.canParse(location, request.url.href)) throw brokenBy(location, problem, answer);
  const url = new URL(location, request.url);
  const keepsBody = status === 307 || status === 308 || request.method === 'GET' || request.method === 'HEAD';
  const base = { ...request, url, name: url.href };
  if (keepsBody) return base;
  const headersLeft = request.headers.filter(([name]) => !/^content-/i.test(name));
  return { ...base, method: 'GET', body: undefined, headers: headersLeft };
}

function locationOf({ rawHeaders }: RoundTrip): string | undefined {
  const index = rawHeaders.findIndex((name, at) => at % 2 === 0 && name.toLowerCase() === 'location');
  return index < 0 ? undefined : rawHeaders[index + 1];
}

function brokenBy(location: string, problem: string | undefined, { timings }: RoundTrip): BrokenExchange {
  const shown = JSON.stringify(location);
  const why = problem === undefined ? '' : `: ${problem}`;
  const error = new Error(`failed to parse Location header ${shown}: parse ${shown}${why}`);
  return new BrokenExchange(error, { ...NO_ANSWER, timings }, { route: '', hasAnswer: false, certificate: undefined });
}
