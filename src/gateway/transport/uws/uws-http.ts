import { BodyCollector } from '../http/body-collector.js';
import { CopiedRequest } from './copied-request.js';
import { HeadCount } from '../http/head-limit.js';
import type { HttpAnswer, HttpRequest, HttpStream } from '../http/http-exchange.js';
import { announcedLength, statusText, type AbortableExchange } from '../http/http-serve.js';
import { asciiTarget, addHeader, headerText } from '../http/request-text.js';
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

/**
 * Bytes passed to the library at once. A slow reader gets one slice each time the kernel has
 * accepted some bytes, so that the library's buffer, whose size it does not report, stays about
 * this small.
 */
const SLICE_BYTES = 16 * 1024;

/** A chunked answer on uWebSockets.js. The head is sent with the first write. */
class UwsHttpStream implements HttpStream {
  readonly #isHead: boolean;
  #res: UwsResponse | undefined;
  /** Chunks not yet passed to the library, in order. */
  #waiting: Uint8Array[] = [];
  #isBlocked = false;
  #isEnding = false;
  #isOver: boolean;
  #drained: () => void = () => undefined;
  readonly #closeListeners: (() => void)[] = [];

  constructor(res: UwsResponse | undefined, isHead: boolean) {
    this.#res = res;
    this.#isHead = isHead;
    this.#isOver = res === undefined;
    res?.onWritable(() => {
      this.#writable(res);
      return true;
    });
  }

  write(chunk: string | Uint8Array): boolean {
    const res = this.#res;
    if (res === undefined || this.#isHead || this.#isEnding || chunk.length === 0) return true;
    this.#waiting.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
    if (!this.#isBlocked) this.#pour(res);
    return !this.#isBlocked;
  }

  onDrain(listener: () => void): void {
    this.#drained = listener;
  }

  onClose(listener: () => void): void {
    if (this.#isOver) listener();
    else this.#closeListeners.push(listener);
  }

  end(): void {
    this.#isEnding = true;
    if (this.#waiting.length === 0) this.#finish();
  }

  cut(): void {
    this.#res?.close();
  }

  /** Called by the exchange when the connection is over or the answer complete. */
  closed(): void {
    if (this.#isOver) return;
    this.#res = undefined;
    this.#isOver = true;
    this.#waiting = [];
    if (this.#isEnding) return;
    for (const listener of this.#closeListeners) listener();
  }

  #writable(res: UwsResponse): void {
    // With a listener for writability the library does not flush its own buffer until the next
    // write; the end of a cork counts as one.
    res.cork(() => undefined);
    this.#isBlocked = false;
    this.#pour(res);
    if (this.#isBlocked) return;
    if (this.#isEnding) this.#finish();
    else this.#drained();
  }

  #pour(res: UwsResponse): void {
    res.cork(() => {
      for (let chunk = this.#waiting.shift(); chunk !== undefined; chunk = this.#waiting.shift()) {
        const left = this.#pourChunk(res, chunk);
        if (left.length > 0) this.#waiting.unshift(left);
        if (this.#isBlocked) return;
      }
    });
  }

  /** Returns the rest of the chunk once the stream is blocked. */
  #pourChunk(res: UwsResponse, chunk: Uint8Array): Uint8Array {
    let offset = 0;
    while (offset < chunk.length && !this.#isBlocked) {
      this.#isBlocked = !res.write(chunk.subarray(offset, offset + SLICE_BYTES));
      offset += SLICE_BYTES;
    }
    return chunk.subarray(offset);
  }

  #finish(): void {
    const res = this.#res;
    this.#res = undefined;
    res?.cork(() => (this.#isHead ? res.endWithoutBody() : res.end()));
  }
}
