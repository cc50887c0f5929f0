import type { Cookie } from './cookie-jar.js';
import type { HttpExchange, HttpTimings } from './http-exchange.js';
import type { HttpRequest } from './http-request.js';
import type { Selection } from './html-selection.js';
import { formRequest, linkRequest, type Pages } from './page-requests.js';
import type { RequestFailure } from './request-url.js';
import { canonicalName } from './socket-connection.js';
import { selectJson } from './select-json.js';
import { asText, toArrayBuffer } from './values.js';

/** What a response tells of its request. */
export interface AskedRequest {
  readonly method: string;
  /** '' when it was no URL. */
  readonly href: string;
  readonly headers: HttpRequest['headers'];
  readonly body: HttpRequest['body'];
  readonly responseType: HttpRequest['responseType'];
}

/** What a response has beside the answer. */
interface ResponseParts {
  readonly cookies: readonly Cookie[];
  readonly pages: Pages;
}

/** What requests return to scripts; of a request without an answer it has the error. */
export class HttpResponse {
  readonly url: string;
  readonly status: number;
  readonly status_text: string;
  readonly proto: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: Readonly<Record<string, readonly object[]>>;
  readonly body: string | ArrayBuffer | null;
  readonly timings: HttpTimings;
  readonly tls_version: string;
  readonly remote_ip: string;
  readonly remote_port: number;
  readonly error: string;
  readonly error_code: number;
  readonly request: object;

  readonly #pages: Pages;

  constructor(request: AskedRequest, answer: HttpExchange, failure: RequestFailure, { cookies, pages }: ResponseParts) {
    this.#pages = pages;
    this.url = request.href;
    this.status = answer.status;
    this.status_text = answer.statusText;
    this.proto = answer.proto;
    this.headers = headersOf(answer.rawHeaders);
    this.cookies = cookiesByName(cookies);
    this.body = bodyOf(request, answer);
    this.timings = answer.timings;
    this.tls_version = answer.tlsVersion ?? '';
    this.remote_ip = answer.remoteAddress;
    this.remote_port = answer.remotePort;
    this.error = failure.error;
    this.error_code = failure.errorCode;
    this.request = {
      method: request.method,
      url: request.href,
      headers: Object.fromEntries(request.headers.map(([name, value]) => [name, [value]])),
      body: request.body?.toString('utf8') ?? '',
      cookies: {},
    };
  }

  /** The body as JSON; with a path in the syntax of gjson, what it leads to: undefined when that is nothing. */
  json(selector?: unknown): unknown {
    if (this.body === null) throw new Error('the body is null so we cannot transform it to JSON');
    const text = typeof this.body === 'string' ? this.body : Buffer.from(this.body).toString('utf8');
    // A text that is no JSON is an error with a selector, too, as in k6.
    const value: unknown = JSON.parse(text);
    return selector === undefined ? value : selectJson(text, asText(selector));
  }

  /** The body as a page, or what a selector finds in it. */
  html(selector?: unknown): Selection {
    if (this.body === null) throw new Error(NO_PAGE);
    const text = typeof this.body === 'string' ? this.body : Buffer.from(this.body).toString('utf8');
    const document = this.#pages.parse(text, this.url);
    return selector === undefined ? document : document.find(asText(selector));
  }

  submitForm(options?: unknown): unknown {
    return this.#pages.send('submitForm', formRequest({ document: this.html(), url: this.url }, options));
  }

  clickLink(options?: unknown): unknown {
    return this.#pages.send('clickLink', linkRequest({ document: this.html(), url: this.url }, options));
  }
}

const NO_PAGE =
  "the body is null so we can't transform it to HTML - this likely was because of a request error getting the response";

function headersOf(raw: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = canonicalName(raw[index] ?? '');
    const value = raw[index + 1] ?? '';
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  return headers;
}

function cookiesByName(cookies: readonly Cookie[]): Record<string, object[]> {
  const byName: Record<string, object[]> = {};
  for (const { name, value, domain, path, isHttpOnly, isSecure, maxAge, expiresMs } of cookies) {
    const cookie = {
      name,
      value,
      domain,
      path,
      http_only: isHttpOnly,
      secure: isSecure,
      max_age: maxAge,
      expires: expiresMs ?? 0,
    };
    (byName[name] ??= []).push(cookie);
  }
  return byName;
}

function bodyOf({ responseType }: AskedRequest, answer: HttpExchange): string | ArrayBuffer | null {
  // Of an answer that broke off there is what had come, as in k6.
  if ((answer.status === 0 && answer.body.length === 0) || responseType === 'none') return null;
  return responseType === 'binary' ? toArrayBuffer(answer.body) : answer.body.toString('utf8');
}
