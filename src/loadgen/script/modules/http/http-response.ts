import { fromByteText, toByteText } from '../../../../core/byte-text.js';
import { JsonPath } from '../../../../json-path/json-path.js';
import { exists, type JsonValue } from '../../../../json-path/json-value.js';
import { type Cookie } from '../../runtime/cookie-jar.js';
import type { Selection } from '../html/html-selection.js';
import { asText, toArrayBuffer } from '../../runtime/values.js';
import type { RoundTrip, HttpTimings } from './http-marks.js';
import type { ScriptRequest } from './http-request.js';
import { formRequest, linkRequest, type Pages } from './page-requests.js';
import type { RequestFailure } from './request-url.js';

/**
 * Returns the value at a gjson path (github.com/tidwall/gjson, SYNTAX.md) in a JSON text; undefined
 * if there is none.
 */
export function selectJson(json: string, path: string): unknown {
  const found = new JsonPath(path).find(toByteText(json));
  return exists(found) ? valueOf(found) : undefined;
}

function valueOf({ kind, raw, text }: JsonValue): unknown {
  switch (kind) {
    case 'string':
      return fromByteText(text);
    case 'number':
      return Number(raw);
    case 'true':
      return true;
    case 'false':
      return false;
    case 'null':
      return null;
    case 'json':
      return JSON.parse(fromByteText(raw));
  }
}

/** The request as its response shows it. */
export interface AskedRequest {
  readonly method: string;
  /** '' if the URL was invalid. */
  readonly href: string;
  readonly headers: ScriptRequest['headers'];
  readonly body: ScriptRequest['body'];
  readonly responseType: ScriptRequest['responseType'];
  /** Sent cookies by name. */
  readonly cookies: Readonly<Record<string, readonly object[]>>;
}

/** Additional data of a response. */
interface ResponseOptions {
  readonly cookies: readonly Cookie[];
  readonly pages: Pages;
}

/**
 * The response that request functions return to scripts. Without an answer from the server it
 * contains the error.
 */
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

  constructor(request: AskedRequest, answer: RoundTrip, failure: RequestFailure, { cookies, pages }: ResponseOptions) {
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
      cookies: request.cookies,
    };
  }

  /** Parses the body as JSON. With a gjson path, returns the value at the path, or undefined. */
  json(selector?: unknown): unknown {
    const text = this.#textFor('JSON');
    if (selector === undefined) return JSON.parse(text);
    return isJson(text) ? selectJson(text, asText(selector)) : undefined;
  }

  /** Parses the body as HTML, and selects from it if a selector is given. */
  html(selector?: unknown): Selection {
    const document = this.#pages.parse(this.#textFor('HTML'), this.url);
    return selector === undefined ? document : document.find(asText(selector));
  }

  #textFor(format: string): string {
    if (typeof this.body === 'string') return this.body;
    if (this.body !== null) return Buffer.from(this.body).toString('utf8');
    const why = 'this likely was because of a request error getting the response';
    throw new Error(`the body is null so we can't transform it to ${format} - ${why}`);
  }

  submitForm(options?: unknown): unknown {
    return this.#pages.send('submitForm', formRequest({ document: this.html(), url: this.url }, options));
  }

  clickLink(options?: unknown): unknown {
    return this.#pages.send('clickLink', linkRequest({ document: this.html(), url: this.url }, options));
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Returns headers with Go's names, without the connection headers that Go removes. */
function headersOf(raw: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = canonicalName(raw[index] ?? '');
    const value = raw[index + 1] ?? '';
    if (isOfConnection(name, value)) continue;
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  return headers;
}

function cookiesByName(cookies: readonly Cookie[]): Record<string, object[]> {
  const byName: Record<string, object[]> = {};
  for (const { name, value, domain, isHostOnly, path, isHttpOnly, isSecure, maxAge, expiresMs } of cookies) {
    const cookie = {
      name,
      value,
      domain: isHostOnly ? '' : domain,
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

/** Statuses without a body; 0 stands for no response. */
const WITHOUT_BODY: readonly number[] = [0, 204, 304];

function bodyOf({ responseType }: AskedRequest, answer: RoundTrip): string | ArrayBuffer | null {
  // An incomplete response has the part that was received, as in k6.
  const mayBeMissing = WITHOUT_BODY.includes(answer.status);
  if ((mayBeMissing && answer.body.length === 0) || responseType === 'none') return null;
  return responseType === 'binary' ? toArrayBuffer(answer.body) : answer.body.toString('utf8');
}

/** Formats a header name as Go, and therefore k6, does: `Sec-Websocket-Accept`. */
export function canonicalName(name: string): string {
  return name.toLowerCase().replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
}

/** Whether a header, named in Go's format, only describes the connection. */
export function isOfConnection(name: string, value: string): boolean {
  if (name === 'Connection') return /(?:^|,)\s*close\s*(?:,|$)/i.test(value);
  return name === 'Transfer-Encoding' || name === 'Trailer';
}
