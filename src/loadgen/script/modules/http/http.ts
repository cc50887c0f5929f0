import type { RuntimeOptions } from '../../../client/read-network.js';
import type { VuContext } from '../../runtime/vu-context.js';
import { CookieJar } from '../../runtime/cookie-jar.js';
import { parseHtml } from '../html/html-selection.js';
import { notInInit, asText, isObject } from '../../runtime/values.js';
import {
  DEFAULT_CALLBACK,
  expectedStatuses,
  readHttpRequest,
  type ScriptRequest,
  type RefusedRequest,
  type ResponseCallback,
  type HttpArguments,
} from './http-request.js';
import type { HttpResponse } from './http-response.js';
import { FileData } from './http-body.js';
import { HttpClient } from './http-client.js';

type AnyRequest = ScriptRequest | RefusedRequest;

/**
 * Sends all requests, at most `batch` at once and at most `batchPerHost` to one host. Resolves with
 * the responses by key, in the order of the requests.
 */
export async function runBatch(
  requests: readonly (readonly [key: string, request: AnyRequest])[],
  send: (request: AnyRequest) => Promise<HttpResponse>,
  { batch, batchPerHost }: Pick<RuntimeOptions, 'batch' | 'batchPerHost'>,
): Promise<Record<string, HttpResponse>> {
  const responses = new Map<string, HttpResponse>();
  const waiting = [...requests];
  const perHost = new Map<string, number>();
  const isFree = (request: AnyRequest): boolean =>
    batchPerHost === 0 || (perHost.get(hostOf(request)) ?? 0) < batchPerHost;
  const next = async (): Promise<void> => {
    const index = waiting.findIndex(([, request]) => isFree(request));
    const [taken] = index < 0 ? [] : waiting.splice(index, 1);
    if (taken === undefined) return;
    const [key, request] = taken;
    const host = hostOf(request);
    perHost.set(host, (perHost.get(host) ?? 0) + 1);
    responses.set(key, await send(request));
    perHost.set(host, (perHost.get(host) ?? 1) - 1);
    await next();
  };
  await Promise.all(Array.from({ length: Math.min(batch, requests.length) }, next));
  return Object.fromEntries(
    requests.flatMap(([key]) => {
      const response = responses.get(key);
      return response === undefined ? [] : [[key, response]];
    }),
  );
}

function hostOf(request: AnyRequest): string {
  return 'bad' in request ? '' : request.url.host;
}

/** The module `k6/http` of one virtual user. */
export function createHttpModule(vu: VuContext): object {
  const requests = new Requests(vu);
  const jar = new CookieJar(vu.cookies);
  const functions = {
    ...requests.functions(),
    cookieJar: () => jar,
    CookieJar,
    file: (content: unknown, filename?: unknown, contentType?: unknown) => new FileData(content, filename, contentType),
    FileData,
    url: urlTemplate,
    expectedStatuses,
    setResponseCallback: (callback: ResponseCallback | null) => requests.expect(callback),
  };
  return { ...functions, default: functions };
}

/** The request functions of the module. */
class Requests {
  readonly #client: HttpClient;
  #callback: ResponseCallback | null = DEFAULT_CALLBACK;

  readonly #vu: VuContext;

  constructor(vu: VuContext) {
    this.#vu = vu;
    this.#client = new HttpClient(vu, {
      parse: (text, url) => parseHtml(vu, text, url),
      send: (what, args) => this.#send(what, args),
    });
  }

  expect(callback: ResponseCallback | null): void {
    this.#callback = callback;
  }

  functions(): object {
    const withBody = (what: string, method: string) => (url: unknown, body?: unknown, params?: unknown) =>
      this.#send(what, { method, url, body, params });
    const withoutBody = (what: string, method: string) => (url: unknown, params?: unknown) =>
      this.#send(what, { method, url, body: undefined, params });
    return {
      get: withoutBody('get', 'GET'),
      head: withoutBody('head', 'HEAD'),
      post: withBody('post', 'POST'),
      put: withBody('put', 'PUT'),
      patch: withBody('patch', 'PATCH'),
      del: withBody('del', 'DELETE'),
      options: withBody('options', 'OPTIONS'),
      request: (method: unknown, url: unknown, body?: unknown, params?: unknown) =>
        this.#send('request', { method: asText(method), url, body, params }),
      asyncRequest: (method: unknown, url: unknown, body?: unknown, params?: unknown) =>
        sendAsync(this.#vu, this.#client, this.#read({ method: asText(method), url, body, params })),
      batch: (requests: unknown) => this.#batch(requests),
    };
  }

  #batch(requests: unknown): unknown {
    const batch = entriesOf(requests).map(([key, entry]) => [key, this.#read(entry)] as const);
    return this.#vu.block('http.batch', async (onInterrupt) => {
      onInterrupt(() => this.#client.interrupt());
      const responses = await runBatch(batch, (request) => this.#client.send(request), this.#vu.thread.runtime);
      return Array.isArray(requests) ? Object.values(responses) : responses;
    });
  }

  #send(what: string, args: HttpArguments): unknown {
    const request = this.#read(args);
    return this.#vu.block(`http.${what}`, (onInterrupt) => {
      onInterrupt(() => this.#client.interrupt());
      return this.#client.send(request);
    });
  }

  #read(args: HttpArguments): ScriptRequest | RefusedRequest {
    const vu = this.#vu;
    const client = this.#client;
    if (vu.isInit) throw notInInit('http requests');
    if (vu.thread.runtime.noVuConnectionReuse) vu.onIterationEnd(() => client.closeConnections());
    return readHttpRequest(vu, args, this.#callback);
  }
}

/** Returns a promise that the virtual user's event loop settles. */
function sendAsync(vu: VuContext, client: HttpClient, request: ScriptRequest | RefusedRequest): Promise<unknown> {
  const fulfil = vu.loop.reserve();
  const forget = vu.onIterationEnd(() => client.interrupt());
  return new Promise((resolve, reject) => {
    const settle = (task: () => void): void => {
      forget();
      fulfil(task);
    };
    client.send(request).then(
      (response) => settle(() => resolve(response)),
      (error: unknown) => settle(() => reject(error)),
    );
  });
}

/**
 * Reads the requests of a batch: each is a URL, a list `[method, url, body, params]` or an object
 * with these keys.
 */
function entriesOf(requests: unknown): [string, HttpArguments][] {
  if (!isObject(requests)) throw new TypeError('http.batch() requires an array or an object of requests');
  return Object.entries(requests).map(([key, entry]) => [key, entryOf(entry)]);
}

function entryOf(entry: unknown): HttpArguments {
  if (Array.isArray(entry)) {
    const [method, url, body, params]: unknown[] = entry;
    return { method: asText(method), url, body, params };
  }
  if (isObject(entry) && !('name' in entry)) {
    return {
      method: asText(entry['method'] ?? 'GET'),
      url: entry['url'],
      body: entry['body'],
      params: entry['params'],
    };
  }
  return { method: 'GET', url: entry, body: undefined, params: undefined };
}

/**
 * The template tag `http.url`: returns the URL, with the template's text without values as its
 * name.
 */
function urlTemplate(parts: unknown, ...values: unknown[]): object {
  const texts = Array.isArray(parts) ? parts.map(String) : [asText(parts)];
  const url = texts.map((text, index) => text + (index < values.length ? asText(values[index]) : '')).join('');
  return { url, name: texts.join('${}'), toString: () => url };
}
