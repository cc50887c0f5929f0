import { errorMessage, systemErrorCode } from '../../../core/error.js';
import type { Tags } from '../../metric/tags.js';
import type { VuContext } from '../runtime/vu-context.js';
import { type Cookie, parseSetCookie } from './cookie-jar.js';
import { BrokenExchange, exchange, HttpConnections, type HttpExchange, NO_ANSWER } from './http-exchange.js';
import { HttpResponse, type AskedRequest } from './http-response.js';
import type { HttpRequest, RefusedRequest } from './http-request.js';
import type { Pages } from './page-requests.js';
import type { RequestFailure } from './request-url.js';

const NO_FAILURE: RequestFailure = { error: '', errorCode: 0 };
/** k6's error codes (k6 docs, "Error codes") by what Node calls the error. */
const ERROR_CODES: ReadonlyMap<string, readonly [code: number, text: string]> = new Map([
  ['ETIMEDOUT', [1050, 'request timeout']],
  ['ENOTFOUND', [1101, 'lookup: no such host']],
  ['EAI_AGAIN', [1101, 'lookup: no such host']],
  ['ECONNREFUSED', [1212, 'dial: connection refused']],
  ['ECONNRESET', [1220, 'read: connection reset by peer']],
  ['EPIPE', [1220, 'write: broken pipe']],
]);
const REDIRECTS = [301, 302, 303, 307, 308];

/** Sends requests of one virtual user, follows redirects, keeps cookies and records `http_req_*`. */
export class HttpClient {
  private readonly connections: HttpConnections;
  private readonly cuts = new Set<(reason: Error) => void>();

  constructor(
    private readonly vu: VuContext,
    private readonly pages: Pages,
  ) {
    this.connections = new HttpConnections(vu);
  }

  /** Cuts all requests under way. */
  interrupt(): void {
    for (const cut of this.cuts) cut(new Error('the iteration was interrupted'));
  }

  /** Closes what is kept open for further requests. */
  closeConnections(): void {
    this.connections.close();
  }

  /** Resolves with the last answer; rejects only when the request is to throw its failure. */
  async send(request: HttpRequest | RefusedRequest): Promise<HttpResponse> {
    if ('bad' in request) return this.refuse(request);
    const tags = this.vu.tagsWith(request.tags);
    let current = request;
    for (let followed = 0; ; followed += 1) {
      const response = await this.sendOnce(current, tags);
      const next = followed < request.redirects ? redirected(current, response) : undefined;
      if (next === undefined) return response;
      current = next;
    }
  }

  private async sendOnce(request: HttpRequest, tags: Tags): Promise<HttpResponse> {
    let cut: (reason: Error) => void = () => undefined;
    try {
      const parts = { vu: this.vu, connections: this.connections };
      const answer = await exchange(parts, request, (abort) => {
        cut = abort;
        this.cuts.add(cut);
      });
      const cookies = this.keepCookies(request, answer);
      const failure = answer.status >= 400 ? { error: '', errorCode: 1000 + answer.status } : NO_FAILURE;
      this.record(request, { tags, answer, failure });
      return new HttpResponse(askedBy(request), answer, failure, { cookies, pages: this.pages });
    } catch (error) {
      const failure = failureOf(error);
      const answer = error instanceof BrokenExchange ? error.partial : NO_ANSWER;
      if (this.vu.guard.interruption === undefined) this.record(request, { tags, answer, failure });
      this.report(failure, request, `${capitalized(request.method)} ${JSON.stringify(request.url.href)}: `);
      return new HttpResponse(askedBy(request), answer, failure, { cookies: [], pages: this.pages });
    } finally {
      this.cuts.delete(cut);
    }
  }

  /** A request whose URL cannot be asked: it fails without being sent. */
  private refuse(request: RefusedRequest): HttpResponse {
    const { bad, target, method } = request;
    const { failure, name } = bad;
    const tags = this.vu.tagsWith(request.tags);
    if (name !== undefined) this.record({ ...request, name }, { tags, answer: NO_ANSWER, failure });
    this.report(failure, request, name === undefined ? '' : `${capitalized(method)} ${JSON.stringify(name)}: `);
    const href = name === undefined ? '' : target;
    return new HttpResponse({ method, href, headers: [], body: undefined, responseType: 'text' }, NO_ANSWER, failure, {
      cookies: [],
      pages: this.pages,
    });
  }

  /** Throws where the script wants that; else a line of the log names the request. */
  private report({ error }: RequestFailure, { throws }: { readonly throws: boolean }, where: string): void {
    if (throws) throw new Error(`${where}${error}`);
    const { guard, thread } = this.vu;
    if (guard.interruption !== undefined) return;
    thread.log.write({ level: 'warning', text: 'Request Failed', error: `${where}${error}` });
  }

  private keepCookies({ jar, url }: HttpRequest, { rawHeaders }: HttpExchange): Cookie[] {
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

  private record(request: CountedRequest, outcome: Outcome): void {
    const { metrics } = this.vu.thread;
    const { tags, answer } = outcome;
    const { timings } = answer;
    const isExpected = request.responseCallback?.accepts(answer.status);
    const all: Tags = new Map([...tags, ...this.systemTags(request, outcome, isExpected)]);
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
    this.vu.bytes.dataSent.add(answer.bytesSent);
    this.vu.bytes.dataReceived.add(answer.bytesReceived);
  }

  private systemTags(
    request: CountedRequest,
    { tags, answer, failure }: Outcome,
    isExpected: boolean | undefined,
  ): Tags {
    const filled = (text: string | undefined): string | undefined => (text === '' ? undefined : text);
    // A name that the script gave stands in both tags, so that URLs with ids in them do not make a series each.
    const name = tags.get('name') ?? request.name;
    return this.vu.thread.systemTags.pick({
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

/** What of a request its samples say. */
type CountedRequest = Pick<HttpRequest, 'method' | 'name' | 'responseCallback'>;

interface Outcome {
  readonly tags: Tags;
  readonly answer: HttpExchange;
  readonly failure: RequestFailure;
}

/** The request that an answer redirects to; undefined when it does not. */
function redirected(request: HttpRequest, { status, headers }: HttpResponse): HttpRequest | undefined {
  const location = headers['Location'];
  if (!REDIRECTS.includes(status) || location === undefined) return undefined;
  const url = new URL(location, request.url);
  const keepsBody = status === 307 || status === 308 || request.method === 'GET' || request.method === 'HEAD';
  const base = { ...request, url, name: url.href };
  if (keepsBody) return base;
  const headersLeft = request.headers.filter(([name]) => !/^content-/i.test(name));
  return { ...base, method: 'GET', body: undefined, headers: headersLeft };
}

function askedBy(request: HttpRequest): AskedRequest {
  const { method, url, headers, body, responseType } = request;
  return { method, href: url.href, headers, body, responseType };
}

/** As Go writes a method in errors: `Get`. */
function capitalized(method: string): string {
  return method.slice(0, 1) + method.slice(1).toLowerCase();
}

function failureOf(thrown: unknown): RequestFailure {
  const error = thrown instanceof BrokenExchange ? thrown.cause : thrown;
  // Node gives these the code of a reset; the peer closed the connection in order, only too early.
  if (errorMessage(error) === 'socket hang up') return { error: 'EOF', errorCode: 1000 };
  if (errorMessage(error) === 'aborted') return { error: 'unexpected EOF', errorCode: 1000 };
  const [errorCode, text] = ERROR_CODES.get(systemErrorCode(error) ?? '') ?? [1000, errorMessage(error)];
  const isBlocked = /blocked pattern/.test(errorMessage(error));
  return isBlocked ? { error: errorMessage(error), errorCode: 1110 } : { error: text, errorCode };
}
