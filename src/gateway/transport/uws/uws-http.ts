import { BodyCollector } from '../http/body-collector.js';
import { CopiedRequest } from './copied-request.js';
import { HeadCount } from '../http/head-limit.js';
import { addHeader, headerText } from '../http/header-text.js';
import type { HttpAnswer, HttpRequest, HttpStream } from '../http/http-exchange.js';
import { announcedLength, statusText, type AbortableExchange } from '../http/http-serve.js';
import { asciiTarget } from '../http/request-target.js';
import { UwsHttpStream } from './uws-http-stream.js';
import type { AddressOf } from '../transport.js';
import { uwsText, type UwsRequest, type UwsResponse } from './uws-types.js';

/** The library's replacement for bytes that are not UTF-8. */
const NOT_UTF8 = '\ufffd';

/**
 * Copies a request, which lives only on the library's stack. The library parses PROXY headers from
 * any peer; the address in them is never used. The address is that of the peer or of the client
 * that `addressOf` finds behind it.
 */
export function copyRequest(res: UwsResponse, req: UwsRequest, addressOf: AddressOf | undefined): CopiedRequest {
  const method = req.getCaseSensitiveMethod();
  const path = asciiTarget(req.getUrl());
  const query = asciiTarget(req.getQuery() ?? '');
  const headers = new Map<string, string>();
  const size = new HeadCount(method, path.length, query.length);
  req.forEach((name, value) => {
    size.addHeader(name, value);
    addHeader(headers, name, value.includes(NOT_UTF8) ? bytesAsText(req, headers, name, value) : value);
  });
  const request = new CopiedRequest({ method, path, query, headers }, size, res);
  if (addressOf !== undefined) request.setAddress(addressOf(request.remoteAddress, headers));
  return request;
}

/**
 * The library gives the raw bytes of a header's first line only; in later lines, bytes that are not
 * UTF-8 are lost.
 */
function bytesAsText(req: UwsRequest, headers: ReadonlyMap<string, string>, name: string, value: string): string {
  return headers.has(name) ? value : headerText(req.getHeader(name));
}

/** Writes a complete answer. The response must be alive. */
export function writeAnswer(res: UwsResponse, answer: HttpAnswer, options: { isHead: boolean; close: boolean }): void {
  res.cork(() => {
    writeHead(res, answer.status, answer.headers);
    const body = answer.body ?? '';
    if (!options.isHead) {
      res.end(typeof body === 'string' ? uwsText(body) : body, options.close);
      return;
    }
    // The library would treat a length passed to `endWithoutBody` as a pending body, and the next
    // request would break the connection.
    res.writeHeader('Content-Length', String(Buffer.byteLength(body)));
    res.endWithoutBody();
  });
}

/** One HTTP request on uWebSockets.js. Create it in the tick of the request. */
export class UwsExchange implements AbortableExchange {
  readonly request: HttpRequest;
  readonly #isHead: boolean;
  #res: UwsResponse | undefined;
  #body: BodyCollector | undefined;
  #stream: UwsHttpStream | undefined;

  constructor(res: UwsResponse, request: HttpRequest) {
    this.#res = res;
    this.request = request;
    this.#isHead = request.method === 'HEAD';
    res.onAborted(() => this.#aborted());
  }

  readBody(limitBytes: number): Promise<Uint8Array | undefined> {
    const body = new BodyCollector(limitBytes, announcedLength(this.request.headers));
    this.#body = body;
    if (this.#res === undefined) body.abort();
    this.#res?.onData((chunk, isLast) => body.add(new Uint8Array(chunk), isLast));
    return body.done;
  }

  answer(answer: HttpAnswer): void {
    const res = this.#take();
    if (res === undefined) return;
    writeAnswer(res, answer, { isHead: this.#isHead, close: false });
  }

  stream(answer: { readonly status: number; readonly headers?: Readonly<Record<string, string>> }): HttpStream {
    const res = this.#take();
    const stream = new UwsHttpStream(res, this.#isHead);
    this.#stream = stream;
    res?.cork(() => writeHead(res, answer.status, answer.headers));
    return stream;
  }

  fail(): void {
    this.#stream?.cut();
    this.answer({
      status: 500,
      headers: { 'Content-Type': 'text/plain; charset=utf-8' },
      body: 'Internal Server Error\n',
    });
  }

  #take(): UwsResponse | undefined {
    const res = this.#res;
    this.#res = undefined;
    return res;
  }

  #aborted(): void {
    this.#res = undefined;
    this.#body?.abort();
    this.#stream?.closed();
  }
}

/**
 * Size of a slab, the same as for Node's buffers: the most memory that one small queued message can
 * keep alive.
 */
const SLAB_BYTES = 8 * 1024;
let slab = new ArrayBuffer(SLAB_BYTES);
let slabUsed = 0;

/**
 * Copies a message, because the library detaches its buffer when the handler returns. Small copies
 * share a slab. Hot path: Node's `Buffer.allocUnsafe` works the same way but takes a third longer.
 * Measured by bench/inbound.
 */
export function copyBytes(bytes: ArrayBuffer): Uint8Array {
  const { byteLength } = bytes;
  const copy = byteLength > SLAB_BYTES / 2 ? Buffer.allocUnsafe(byteLength) : sliceOfSlab(byteLength);
  copy.set(new Uint8Array(bytes));
  return copy;
}

function sliceOfSlab(byteLength: number): Uint8Array {
  if (slabUsed + byteLength > SLAB_BYTES) {
    slab = new ArrayBuffer(SLAB_BYTES);
    slabUsed = 0;
  }
  const slice = new Uint8Array(slab, slabUsed, byteLength);
  slabUsed += byteLength;
  return slice;
}

function writeHead(res: UwsResponse, status: number, headers: Readonly<Record<string, string>> | undefined): void {
  // The library writes 200 by default.
  if (status !== 200) res.writeStatus(statusText(status));
  for (const name in headers) res.writeHeader(name, uwsText(headers[name] ?? ''));
}
