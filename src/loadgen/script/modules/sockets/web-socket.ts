import type { BrokenBy, DialResult } from '../../../client/connection.js';
import type { Returned, ScriptFunction } from '../../runtime/guard.js';
import type { Fulfil } from '../../runtime/event-loop.js';
import type { VuContext } from '../../runtime/vu-context.js';
import { headerOf } from '../../../client/upgrade-response.js';
import { asText, bytesOf, isFunction, notInInit, isObject, property, toArrayBuffer } from '../../runtime/values.js';
import { closeText, isExpectedClose } from './close-text.js';
import {
  dialErrorText,
  isSocketEvent,
  namedError,
  readSocketRequest,
  type SocketEvent,
  type SocketEventName,
  type SocketRequest,
} from './ws-params.js';
import { SocketConnection } from './socket-connection.js';

const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;
const NORMAL = 1000;
const GOING_AWAY = 1001;
const MAX_REASON_BYTES = 123;

/** Arguments of the constructor. */
export interface WebSocketArguments {
  readonly url: unknown;
  readonly protocols: unknown;
  readonly params: unknown;
  /** Whether `close` throws for codes and reasons that the browser API does not allow. */
  readonly checksClose: boolean;
}

/**
 * `WebSocket` of `k6/websockets`. The constructor returns immediately, events are tasks of the
 * virtual user's event loop, and the iteration continues until the socket is closed.
 */
export class ScriptWebSocket {
  static readonly CONNECTING = CONNECTING;
  static readonly OPEN = OPEN;
  static readonly CLOSING = CLOSING;
  static readonly CLOSED = CLOSED;

  readonly #vu: VuContext;
  readonly #checksClose: boolean;
  readonly #request: SocketRequest;
  readonly #connection: SocketConnection;
  readonly #listeners = new Map<SocketEventName, ScriptFunction[]>();
  readonly #handlers = new Map<SocketEventName, ScriptFunction>();
  readonly #keepAlive: Fulfil;
  readonly #forget: () => void;
  #state: number = CONNECTING;
  /** Events that arrived before the result of the dial was reported; undefined afterwards. */
  #early: (() => unknown)[] | undefined = [];
  #binaryType = 'blob';
  #protocol = '';
  #extensions = '';

  constructor(vu: VuContext, { url, protocols, params, checksClose }: WebSocketArguments) {
    this.#checksClose = checksClose;
    this.#vu = vu;
    this.#request = readSocketRequest(vu, { url, params, subprotocols: protocolsOf(protocols) });
    const events = {
      text: (text: string) => this.#received(text),
      binary: (bytes: ArrayBuffer) => this.#received(bytes),
      ping: () => this.#arrived(() => this.#whenOpen('ping')),
      pong: () => this.#arrived(() => this.#whenOpen('pong')),
      closed: (code: number, reason: string, broken?: BrokenBy) =>
        this.#arrived(() => this.#ended(code, reason, broken !== undefined)),
    };
    this.#connection = new SocketConnection(vu, this.#request, events, { countsControlFrames: true, namesUrl: true });
    this.#keepAlive = vu.loop.reserve();
    this.#forget = vu.onIterationEnd(() => this.#drop());
    void this.#connection.dial().then((result) => this.#opened(result));
  }

  get readyState(): number {
    return this.#state;
  }

  get url(): string {
    return this.#request.url;
  }

  get protocol(): string {
    return this.#protocol;
  }

  get extensions(): string {
    return this.#extensions;
  }

  get bufferedAmount(): number {
    return this.#connection.bufferedBytes;
  }

  get binaryType(): string {
    return this.#binaryType;
  }

  set binaryType(type: unknown) {
    if (type !== 'blob' && type !== 'arraybuffer') {
      throw new TypeError(`unsupported binaryType ${String(type)}, it should be either "blob" or "arraybuffer"`);
    }
    this.#binaryType = type;
  }

  addEventListener(type: unknown, listener: unknown): void {
    if (!isSocketEvent(type)) throw new TypeError(`unknown event type: ${String(type)}`);
    if (!isFunction(listener)) throw new TypeError(`the listener of '${type}' must be a function`);
    const known = this.#listeners.get(type);
    if (known === undefined) this.#listeners.set(type, [listener]);
    else known.push(listener);
  }

  send(message: unknown): void {
    this.#assertOpen('send');
    if (typeof message === 'string') this.#connection.sendText(message);
    else if (message instanceof Blob) this.#connection.sendBinary(message.copy());
    else if (message instanceof ArrayBuffer || ArrayBuffer.isView(message)) {
      this.#connection.sendBinary(bytesOf(message) ?? Buffer.alloc(0));
    } else throw new TypeError('only string, ArrayBuffer, typed arrays and Blob can be sent');
  }

  ping(): void {
    this.#assertOpen('ping');
    this.#connection.ping();
  }

  close(code?: unknown, reason: unknown = ''): void {
    const number = code === undefined ? NORMAL : Number(code);
    const text = asText(reason);
    if (this.#checksClose) checkClose(number, text, code);
    if (this.#state >= CLOSING) return;
    this.#state = CLOSING;
    this.#connection.close(Number.isNaN(number) ? 0 : number, text);
  }

  get onopen(): unknown {
    return this.#handlers.get('open');
  }

  set onopen(handler: unknown) {
    this.#setHandler('open', handler);
  }

  get onmessage(): unknown {
    return this.#handlers.get('message');
  }

  set onmessage(handler: unknown) {
    this.#setHandler('message', handler);
  }

  get onerror(): unknown {
    return this.#handlers.get('error');
  }

  set onerror(handler: unknown) {
    this.#setHandler('error', handler);
  }

  get onclose(): unknown {
    return this.#handlers.get('close');
  }

  set onclose(handler: unknown) {
    this.#setHandler('close', handler);
  }

  get onping(): unknown {
    return this.#handlers.get('ping');
  }

  set onping(handler: unknown) {
    this.#setHandler('ping', handler);
  }

  get onpong(): unknown {
    return this.#handlers.get('pong');
  }

  set onpong(handler: unknown) {
    this.#setHandler('pong', handler);
  }

  #setHandler(name: SocketEventName, handler: unknown): void {
    if (handler === null || handler === undefined) this.#handlers.delete(name);
    else if (isFunction(handler)) this.#handlers.set(name, handler);
    else throw new TypeError(`a value for 'on${name}' should be callable`);
  }

  #assertOpen(method: string): void {
    if (this.#state === OPEN) return;
    const why = this.#state === CONNECTING ? 'the connection is not open yet' : 'the connection was closed';
    throw namedError('InvalidStateError', `${method}() was called, and ${why}`);
  }

  #post(task: () => unknown): void {
    if (this.#state !== CLOSED) this.#vu.loop.reserve()(task);
  }

  /**
   * Queues an event from the peer. It must wait for `open`, because it may have arrived in the same
   * packet as the handshake response.
   */
  #arrived(task: () => unknown): void {
    if (this.#early === undefined) this.#post(task);
    else this.#early.push(task);
  }

  #opened(result: DialResult): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    this.#post(() => this.#dialled(result));
    for (const task of early) this.#post(task);
  }

  #dialled(result: DialResult): unknown {
    if (result.error !== undefined) {
      const text = dialErrorText(this.#request, result);
      // A session that never began has no duration here, unlike in `k6/ws`.
      return this.#finish(() => this.#emitBoth({ error: text }, { code: 1006, reason: '' }), false);
    }
    this.#protocol = result.subprotocol ?? '';
    this.#extensions = headerOf(result.headers ?? [], 'sec-websocket-extensions') ?? '';
    if (this.#state !== CONNECTING) return undefined;
    this.#state = OPEN;
    return this.#emit('open');
  }

  #received(message: string | ArrayBuffer): void {
    this.#arrived(() => {
      if (this.#state !== OPEN) return undefined;
      const isText = typeof message === 'string' || this.#binaryType === 'arraybuffer';
      return this.#emit('message', { data: isText ? message : new Blob([message]) });
    });
  }

  #whenOpen(name: SocketEventName): unknown {
    return this.#state === OPEN ? this.#emit(name) : undefined;
  }

  #ended(code: number, reason: string, isBroken: boolean): unknown {
    const isExpected = this.#state === CLOSING || isExpectedClose(code) || isBroken;
    const close = { code, reason };
    return this.#finish(() =>
      isExpected ? this.#emit('close', close) : this.#emitBoth({ error: closeText(code, reason) }, close),
    );
  }

  #finish(emit: () => unknown, hasBegun = true): unknown {
    if (this.#state === CLOSED) return undefined;
    this.#state = CLOSED;
    this.#forget();
    if (hasBegun) this.#connection.endSession();
    this.#keepAlive();
    return emit();
  }

  #emitBoth(error: Partial<SocketEvent>, close: Partial<SocketEvent>): unknown {
    const pending = this.#emit('error', error);
    return pending instanceof Promise ? pending.then(() => this.#emit('close', close)) : this.#emit('close', close);
  }

  /**
   * Calls the `on` handler, then the listeners in order. Returns a promise only if one of them
   * blocks.
   */
  #emit(type: SocketEventName, parts: Partial<SocketEvent> = {}, from = 0): Returned | Promise<unknown> | undefined {
    const handler = this.#handlers.get(type);
    const listeners = [...(handler === undefined ? [] : [handler]), ...(this.#listeners.get(type) ?? [])];
    const event: SocketEvent = { type, target: this, timestamp: Date.now(), ...parts };
    for (let index = from; index < listeners.length; index += 1) {
      const listener = listeners[index];
      const returned = listener === undefined ? undefined : this.#vu.guard.call(listener, this, [event]);
      if (returned instanceof Promise) return returned.then(() => this.#emit(type, parts, index + 1));
    }
    return undefined;
  }

  /** The iteration ended before the socket: no listener is called any more. */
  #drop(): void {
    if (this.#state === CLOSED) return;
    this.#state = CLOSED;
    this.#connection.interrupt(GOING_AWAY);
  }
}

function checkClose(number: number, reason: string, given: unknown): void {
  if (number !== NORMAL && !(number >= 3000 && number <= 4999)) {
    throw namedError('InvalidAccessError', `the close code must be 1000 or from 3000 to 4999 (got ${String(given)})`);
  }
  if (Buffer.byteLength(reason) > MAX_REASON_BYTES) {
    throw namedError('SyntaxError', `the close reason must not be longer than ${MAX_REASON_BYTES} bytes`);
  }
}

function protocolsOf(protocols: unknown): readonly string[] {
  if (protocols === undefined || protocols === null || protocols === '') return [];
  return Array.isArray(protocols) ? protocols.map(String) : [asText(protocols)];
}

/** The module `k6/websockets` of one virtual user. */
export function createWebsocketsModule(vu: VuContext): object {
  return createModule(vu, true);
}

/** `k6/experimental/websockets`: the old name, under which k6 accepts any close code and reason. */
export function createExperimentalWebsocketsModule(vu: VuContext): object {
  return createModule(vu, false);
}

function createModule(vu: VuContext, checksClose: boolean): object {
  class WebSocket extends ScriptWebSocket {
    constructor(url?: unknown, protocols?: unknown, params?: unknown) {
      if (vu.isInit) throw notInInit('WebSocket');
      super(vu, { url, protocols, params, checksClose });
    }
  }
  return { WebSocket, Blob };
}

/** `Blob` of `k6/websockets`: bytes whose promises resolve immediately. */
export class Blob {
  readonly type: string;
  readonly #bytes: Buffer;

  constructor(parts: unknown = [], options?: unknown) {
    if (!Array.isArray(parts)) throw new TypeError('Blob: the first argument must be a list of parts');
    this.#bytes = Buffer.concat(parts.map((part: unknown) => (part instanceof Blob ? part.#bytes : partBytes(part))));
    this.type = isObject(options) ? asText(property(options, 'type') ?? '') : '';
  }

  get size(): number {
    return this.#bytes.length;
  }

  text(): Promise<string> {
    return Promise.resolve(this.#bytes.toString('utf8'));
  }

  arrayBuffer(): Promise<ArrayBuffer> {
    return Promise.resolve(toArrayBuffer(this.#bytes));
  }

  bytes(): Promise<Uint8Array> {
    return Promise.resolve(this.copy());
  }

  /** Returns a copy of the bytes for sending. */
  copy(): Uint8Array {
    return new Uint8Array(toArrayBuffer(this.#bytes));
  }

  slice(start?: number, end?: number, type?: unknown): Blob {
    return new Blob([toArrayBuffer(this.#bytes.subarray(start, end))], { type: type ?? '' });
  }
}

function partBytes(part: unknown): Buffer {
  return bytesOf(Array.isArray(part) ? String(part) : part) ?? Buffer.from(String(part));
}
