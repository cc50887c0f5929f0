import type { BrokenBy, DialResult } from '../../../client/connection.js';
import type { Returned, ScriptFunction } from '../../runtime/guard.js';
import type { VuContext } from '../../runtime/vu-context.js';
import { isFunction, notInInit, wrongType, typedName } from '../../runtime/values.js';
import { withTags } from '../../../metric/series.js';
import { brokenText, closeText, isExpectedClose } from './close-text.js';
import { dialErrorText, BadSocketUrl, readSocketRequest, type SocketRequest, type SocketParams } from './ws-params.js';
import { responseHeaders, SocketConnection } from './socket-connection.js';

const GOING_AWAY = 1001;

/** The end of a connection as handlers see it. */
interface ReportedClose {
  readonly code: number;
  readonly error: string | undefined;
}

/** The response that `ws.connect` returns. */
export interface WsResponse {
  readonly url: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly error: string;
}

/**
 * One call of `ws.connect`. It dials, calls the set-up function with the open socket, then the
 * `open` handlers, and then handles events in order until either side closes the session or it is
 * interrupted.
 */
export class WsSession {
  readonly connection: SocketConnection;
  readonly #socket: ScriptSocket;
  readonly #handlers = new Map<string, ScriptFunction[]>();
  readonly #queue: (() => Returned | Promise<unknown> | undefined)[] = [];
  readonly #timers = new Set<() => void>();
  #isBusy = true;
  #isClosed = false;
  #isOver = false;
  #closing: Promise<unknown> | undefined;
  #finish: (error?: unknown) => void = () => undefined;
  readonly #finished = new Promise<void>((resolve, reject) => {
    this.#finish = (error) => (error === undefined ? resolve() : reject(error));
  });

  readonly #request: SocketRequest;

  constructor(
    readonly vu: VuContext,
    request: SocketRequest,
  ) {
    this.#request = request;
    this.connection = new SocketConnection(vu, request, {
      text: (text) => this.#event('message', [text]),
      binary: (bytes) => this.#event('binaryMessage', [bytes]),
      ping: () => this.#event('ping', []),
      pong: () => this.#event('pong', []),
      closed: (code, reason, broken) => this.#peerClosed(this.#reportedClose(code, reason, broken)),
    });
    this.#socket = new ScriptSocket(this);
    // An interruption may reject this before anything awaits it.
    this.#finished.catch(() => undefined);
  }

  /** Resolves with the response for the script. Rejects with the error that the script must see. */
  async run(setup: ScriptFunction): Promise<WsResponse> {
    const result = await this.connection.dial();
    const { interruption } = this.vu.guard;
    if (interruption !== undefined) throw interruption;
    if (result.error !== undefined) {
      this.#isOver = true;
      this.connection.endSession();
      return this.#failed(result);
    }
    try {
      await this.vu.guard.call(setup, undefined, [this.#socket]);
      await this.#emit('open', []);
      this.#isBusy = false;
      this.#drain();
      await this.#finished;
    } catch (error) {
      await this.#abandon();
      throw error;
    } finally {
      this.#end();
      this.connection.endSession();
    }
    const { status, headers } = result;
    return { url: this.#request.url, status, headers: responseHeaders(headers), body: '', error: '' };
  }

  /** Stops the session: no handler runs any more. */
  interrupt(): void {
    this.#end();
    this.#isClosed = true;
    this.connection.interrupt(GOING_AWAY);
  }

  on(event: string, handler: unknown): void {
    if (!isFunction(handler)) throw new TypeError(`on('${event}') expects a function`);
    const known = this.#handlers.get(event);
    if (known === undefined) this.#handlers.set(event, [handler]);
    else known.push(handler);
  }

  /** Runs a task after all queued tasks; immediately if none is queued. */
  enqueue(task: () => Returned | Promise<unknown> | undefined): void {
    if (this.#isOver) return;
    if (this.#isBusy) this.#queue.push(task);
    else this.#perform(task);
  }

  /** Passes the error to `error` handlers. Without a handler it is dropped. */
  reportError(message: string): void {
    this.#event('error', [errorEvent(message)]);
  }

  /**
   * Reports a send after a close by either side: `error` handlers are called immediately, as in k6.
   */
  refuseToSend(): unknown {
    const pending = this.#emit('error', [errorEvent('websocket: close sent')]);
    return pending instanceof Promise ? this.vu.wait(pending) : undefined;
  }

  /**
   * `start` schedules a timer and returns a function that cancels it. It is cancelled when the
   * session ends.
   */
  addTimer(start: (forget: () => void) => () => void): void {
    const cancel = start(() => this.#timers.delete(cancel));
    this.#timers.add(cancel);
  }

  /** Closes once: the frame is sent, and `close` handlers run before this returns. */
  close(code: number): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.connection.close(code);
    this.connection.forgetPings();
    const closing = this.#emit('close', [code]);
    this.#finishAfter(closing);
  }

  /** Whether the session is open. */
  get isOpen(): boolean {
    return !this.#isClosed;
  }

  #finishAfter(closing: Returned | Promise<unknown> | undefined): void {
    if (!(closing instanceof Promise)) return this.#finish();
    this.#closing = closing;
    closing.then(
      () => this.#finish(),
      (error: unknown) => this.#finish(error),
    );
  }

  #reportedClose(code: number, reason: string, broken: BrokenBy | undefined): ReportedClose {
    if (broken === undefined) return { code, error: isExpectedClose(code) ? undefined : closeText(code, reason) };
    const { host, port } = this.#request.target;
    return { code: GOING_AWAY, error: brokenText(broken, `${host}:${port}`) };
  }

  #peerClosed({ code, error: text }: ReportedClose): void {
    if (this.#isClosed) return;
    this.enqueue(() => {
      if (this.#isClosed) return undefined;
      this.#isClosed = true;
      const error = text === undefined ? undefined : this.#emit('error', [errorEvent(text)]);
      const close = (): Returned | Promise<unknown> | undefined => this.#emit('close', [code]);
      const closing = error instanceof Promise ? error.then(close) : close();
      this.#finishAfter(closing);
      return closing;
    });
  }

  #event(name: string, args: readonly unknown[]): void {
    if (this.#isClosed || (!this.#isBusy && !this.#handlers.has(name))) return;
    this.enqueue(() => (this.#isClosed ? undefined : this.#emit(name, args)));
  }

  /** Calls the handlers of an event in order. Returns a promise only if one of them blocks. */
  #emit(name: string, args: readonly unknown[], from = 0): Returned | Promise<unknown> | undefined {
    const handlers = this.#handlers.get(name) ?? [];
    for (let index = from; index < handlers.length; index += 1) {
      const handler = handlers[index];
      const returned = handler === undefined ? undefined : this.vu.guard.call(handler, undefined, args);
      if (returned instanceof Promise) return returned.then(() => this.#emit(name, args, index + 1));
    }
    return undefined;
  }

  #perform(task: () => Returned | Promise<unknown> | undefined): void {
    try {
      const pending = task();
      if (!(pending instanceof Promise)) return;
      this.#isBusy = true;
      pending.then(
        () => {
          this.#isBusy = false;
          this.#drain();
        },
        (error: unknown) => this.#finish(error),
      );
    } catch (error) {
      this.#isBusy = true;
      this.#finish(error);
    }
  }

  #drain(): void {
    while (!this.#isBusy && !this.#isOver) {
      const task = this.#queue.shift();
      if (task === undefined) return;
      this.#perform(task);
    }
  }

  /** Closes the socket after an exception. `close` handlers are still called. */
  async #abandon(): Promise<void> {
    this.#isBusy = true;
    if (this.vu.guard.interruption !== undefined) return this.interrupt();
    if (!this.#isClosed) this.close(GOING_AWAY);
    await this.#closing?.catch(() => undefined);
  }

  #end(): void {
    this.#isOver = true;
    this.#queue.length = 0;
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
  }

  #failed(result: DialResult): WsResponse {
    const error = dialErrorText(this.#request, result);
    const { log, runtime } = this.vu.thread;
    if (runtime.throwsOnFailure) throw new Error(error);
    log.write({ level: 'warning', text: `Attempt to establish a WebSocket connection failed: ${error}` });
    const { status, headers, body = '' } = result;
    // A response without these fields, as in k6.
    return { url: '', status, headers: responseHeaders(headers), body, error: status === 0 ? error : '' };
  }
}

/** Returns the event of `error` handlers, whose text is returned by `error()`, as in k6. */
function errorEvent(message: string): Error {
  return Object.assign(new Error(message), { error: () => message });
}

/** The module `k6/ws` of one virtual user. */
export function createWsModule(vu: VuContext): object {
  return { connect: (...args: unknown[]) => connect(vu, args) };
}

function connect(vu: VuContext, args: readonly unknown[]): unknown {
  if (vu.isInit) throw notInInit('websockets');
  if (args.length < 2 || args.length > 3) {
    throw new TypeError(
      'invalid number of arguments to ws.connect, expected (url, function) or (url, params, function)',
    );
  }
  const setup = args.at(-1);
  if (!isFunction(setup)) throw new TypeError('last argument to ws.connect must be a function');
  const request = requestOf(vu, { url: args[0], params: args.length === 3 ? args[1] : undefined });
  if (request instanceof BadSocketUrl) return refused(vu, request);
  const session = new WsSession(vu, request);
  return vu.block('ws.connect', (onInterrupt) => {
    onInterrupt(() => session.interrupt());
    return session.run(setup);
  });
}

function requestOf(vu: VuContext, params: SocketParams): SocketRequest | BadSocketUrl {
  try {
    return readSocketRequest(vu, params);
  } catch (error) {
    if (error instanceof BadSocketUrl) return error;
    throw error;
  }
}

/** As in k6, a URL that cannot be used counts as a failed session. */
function refused(vu: VuContext, { url, returned }: BadSocketUrl): WsResponse {
  const { thread } = vu;
  if (thread.runtime.throwsOnFailure) throw new Error(returned);
  const tookMs = Number.EPSILON;
  const metrics = thread.metrics.bindSession(withTags(vu.tags, thread.systemTags.pick({ url })));
  metrics.sessions.add(1);
  metrics.connecting.add(tookMs);
  metrics.sessionDuration.add(tookMs);
  thread.log.write({ level: 'warning', text: `Attempt to establish a WebSocket connection failed: ${returned}` });
  return { url: '', status: 0, headers: {}, body: '', error: returned };
}

/** The socket that scripts of `k6/ws` receive. */
export class ScriptSocket {
  readonly #session: WsSession;

  constructor(session: WsSession) {
    this.#session = session;
  }

  on(event: unknown, handler: unknown): void {
    this.#session.on(String(event), handler);
  }

  /**
   * Sends a text message. The message is counted even if the socket is closed, which is reported to
   * `error` handlers.
   */
  send(message: unknown): unknown {
    const session = this.#session;
    if (!session.isOpen) return this.#sendLate();
    session.connection.sendText(String(message));
    return undefined;
  }

  sendBinary(message: unknown): unknown {
    if (message === undefined) throw new TypeError('missing argument, expected ArrayBuffer');
    if (!(message instanceof ArrayBuffer)) {
      throw new TypeError(`expected ArrayBuffer as argument, received: ${typedName(message)}`);
    }
    const session = this.#session;
    if (!session.isOpen) return this.#sendLate();
    session.connection.sendBinary(new Uint8Array(message));
    return undefined;
  }

  ping(): unknown {
    const session = this.#session;
    if (!session.isOpen) return session.refuseToSend();
    session.connection.ping();
    return undefined;
  }

  setTimeout(callback: unknown, timeoutMs: unknown): void {
    const session = this.#session;
    if (!isFunction(callback)) throw wrongType('setTimeout()', callback, 'a function');
    const delayMs = checkDelay('setTimeout', timeoutMs);
    session.addTimer((forget) =>
      session.vu.thread.clock.schedule(() => {
        forget();
        session.enqueue(() => session.vu.guard.call(callback, undefined, []));
      }, delayMs),
    );
  }

  /** Ticks that occur while the script is busy are merged. */
  setInterval(callback: unknown, intervalMs: unknown): void {
    const session = this.#session;
    if (!isFunction(callback)) throw wrongType('setInterval()', callback, 'a function');
    const delayMs = checkDelay('setInterval', intervalMs);
    session.addTimer(() => {
      const { clock } = session.vu.thread;
      let dueMs = clock.now() + delayMs;
      let isPending = false;
      let cancel = clock.schedule(tick, delayMs);
      function tick(): void {
        const now = clock.now();
        dueMs += delayMs * Math.max(1, Math.ceil((now - dueMs) / delayMs));
        cancel = clock.schedule(tick, Math.max(0, dueMs - now));
        if (isPending) return;
        isPending = true;
        session.enqueue(() => {
          isPending = false;
          return callback === undefined || !isFunction(callback)
            ? undefined
            : session.vu.guard.call(callback, undefined, []);
        });
      }
      return () => cancel();
    });
  }

  /** Closes with 1001 or the given code; k6 sends any number. */
  close(...args: readonly unknown[]): void {
    this.#session.close(args.length === 0 ? GOING_AWAY : toInt64(args[0]));
  }

  #sendLate(): unknown {
    this.#session.connection.countNoMessage();
    return this.#session.refuseToSend();
  }
}

/** Converts a value to an integer as Go's runtime for JavaScript does. */
function toInt64(value: unknown): number {
  const number = Math.trunc(Number(value));
  return Number.isNaN(number) ? 0 : Math.min(Math.max(number, -(2 ** 63)), 2 ** 63);
}

function checkDelay(name: string, value: unknown): number {
  const delayMs = Number(value);
  if (delayMs > 0) return delayMs;
  throw new Error(`${name} requires a >0 timeout parameter, received ${Number(value).toFixed(2)}`);
}
