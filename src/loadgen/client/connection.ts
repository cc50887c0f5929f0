import { isUtf8 } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { connect as connectTcp, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls, type PeerCertificate, TLSSocket, type ConnectionOptions } from 'node:tls';
import type { Clock } from '../../core/clock.js';
import { systemErrorCode } from '../../core/error.js';
import { adoptSocket, type AdoptedSocket, CLOSING_TIMEOUT_MS } from './adopt-socket.js';
import type { DialTarget } from './dial-target.js';
import { FrameWalker, type MessageSink } from './frame-walker.js';
import { keepCertificate } from './tls-problem.js';
import { type ResponseHeaders, UpgradeResponse, type UpgradeOutcome } from './upgrade-response.js';

/** k6's limit for the whole handshake. */
const HANDSHAKE_TIMEOUT_MS = 60_000;

/** Collaborators that all connections of a thread share. */
export interface DialDeps {
  readonly clock: Clock;
  /** All sockets read into this buffer. Its content is consumed before the next read. */
  readonly readBuffer: Buffer;
  /** DNS lookup; Node's own if undefined. */
  readonly lookup?: LookupFunction;
}

/**
 * Receives the events of a connection in stream order. `onClose` is called once and last, and only
 * after a successful dial.
 */
export interface ConnectionHandlers extends MessageSink {
  onPong(payload: Buffer): void;
  /** Called for a ping of the peer, after it was answered. */
  onPing?(payload: Buffer): void;
  /**
   * Receives the peer's close code and reason: 1005 if its close frame had no code, 1006 without
   * a close frame. `broken` is the reason why the connection ended without one.
   */
  onClose(code: number, reason: string, broken?: BrokenBy): void;
}

/**
 * `frame`: a frame that RFC 6455 does not allow. `message`: a message that cannot be read. `reset`:
 * the connection was reset.
 */
export type BrokenBy = 'frame' | 'message' | 'reset';

/** The stream ended before the handshake response. */
export class EarlyEnd extends Error {
  constructor() {
    super('the server closed the connection before it responded');
  }
}

const RESETS: readonly string[] = ['ECONNRESET', 'EPIPE'];
const WITHOUT_CODE = 1005;

/** The result of a dial. */
export interface DialResult {
  /** The status of the response; 0 without one. */
  readonly status: number;
  /** The headers of the response, if there was one. */
  readonly headers?: ResponseHeaders;
  /** The beginning of the body of a response that is not an upgrade. */
  readonly body?: string;
  /** The subprotocol that the server chose; '' for none. */
  readonly subprotocol?: string;
  /** The server's response to the offered compression; undefined for none. */
  readonly extensions?: string;
  /** The TLS version, such as `TLSv1.3`. */
  readonly tlsVersion?: string;
  /** The peer's certificate in a failed TLS handshake. */
  readonly certificate?: PeerCertificate | undefined;
  /** The reason for a failed dial; undefined if it succeeded. */
  readonly error?: Error;
}

/** Clock times of the steps of a connection; undefined until they occur. */
export interface ConnectionMarks {
  dialStart: number;
  tcpConnected?: number;
  /** End of the TLS handshake; undefined without TLS. */
  secured?: number;
  upgraded?: number;
  firstFrame?: number;
}

/**
 * A WebSocket client connection. It writes the handshake itself, reads plain messages in place with
 * a frame walker, and leaves everything else to `ws`.
 */
export class ClientConnection {
  readonly marks: ConnectionMarks = { dialStart: 0 };
  #socket: Socket | undefined;
  #webSocket: AdoptedSocket | undefined;
  #walker: FrameWalker | undefined;
  #broken: BrokenBy | 'close' | undefined;
  #certificate: PeerCertificate | undefined;
  #finishDial: (result: DialResult) => void = () => undefined;

  readonly #target: DialTarget;
  readonly #handlers: ConnectionHandlers;
  readonly #deps: DialDeps;

  constructor(target: DialTarget, handlers: ConnectionHandlers, deps: DialDeps) {
    this.#target = target;
    this.#handlers = handlers;
    this.#deps = deps;
  }

  /** Bytes received by the socket. */
  get bytesReceived(): number {
    return this.#socket?.bytesRead ?? 0;
  }

  /** Bytes sent by the socket. */
  get bytesSent(): number {
    return this.#socket?.bytesWritten ?? 0;
  }

  /** Connects and upgrades within 60 s; must be called only once. Never rejects. */
  async dial(): Promise<DialResult> {
    const result = new Promise<DialResult>((resolve) => {
      this.#finishDial = resolve;
    });
    this.marks.dialStart = this.#deps.clock.now();
    const cancelTimeout = this.#deps.clock.schedule(
      () => this.abort(new Error(`no response to the handshake within ${HANDSHAKE_TIMEOUT_MS / 1000} s`)),
      HANDSHAKE_TIMEOUT_MS,
    );
    this.#openSocket();
    const outcome = await result;
    cancelTimeout();
    return outcome;
  }

  /** Sends a text message; no effect if the connection is not open. */
  send(text: string): void {
    if (this.#webSocket?.readyState === 1) this.#webSocket.send(text);
  }

  /** Sends a binary message; no effect if the connection is not open. */
  sendBinary(bytes: Uint8Array): void {
    if (this.#webSocket?.readyState === 1) this.#webSocket.send(bytes);
  }

  /** Bytes passed to `send` that the operating system has not accepted yet. */
  get bufferedBytes(): number {
    return this.#webSocket?.bufferedAmount ?? 0;
  }

  /**
   * Calls `task` once when the operating system has accepted everything that was sent; soon if it
   * already has.
   */
  onceDrained(task: () => void): void {
    if (this.#socket?.writableNeedDrain === true) this.#socket.once('drain', task);
    else setImmediate(task);
  }

  /** The peer's address; empty before the connection is established. */
  get remoteAddress(): string {
    return this.#socket?.remoteAddress ?? '';
  }

  /** Sends a ping; no effect if the connection is not open. */
  ping(payload: string): void {
    if (this.#webSocket?.readyState === 1) this.#webSocket.ping(payload);
  }

  /**
   * Starts the closing handshake. Messages still arrive until the peer has answered. Aborts a
   * pending dial.
   */
  close(code: number, reason = ''): void {
    if (this.#webSocket === undefined) this.abort(new Error('the connection was closed before it was open'));
    else if (mayBeSent(code, reason)) this.#webSocket.close(code, reason);
    else this.#closeAnyhow(code, reason);
  }

  /**
   * Sends a close frame that RFC 6455 does not allow, as k6 does, and nothing after it. The usual
   * closing timeout applies.
   */
  #closeAnyhow(code: number, reason: string): void {
    const socket = this.#socket;
    if (socket === undefined || this.#webSocket?.readyState !== 1) return;
    const cancel = this.#deps.clock.schedule(() => socket.destroy(), CLOSING_TIMEOUT_MS);
    socket.once('close', cancel);
    socket.end(closeFrame(code, reason));
  }

  /** Destroys the socket. */
  abort(reason: Error): void {
    this.#socket?.destroy();
    this.#finishDial({ status: 0, error: reason });
  }

  #openSocket(): void {
    const { host, port, isTls, localAddress } = this.#target;
    const key = randomBytes(16).toString('base64');
    const response = new UpgradeResponse(key, this.#target);
    const onread = {
      buffer: this.#deps.readBuffer,
      callback: (size: number): boolean => {
        this.#receive(size, response);
        return true;
      },
    };
    const { lookup } = this.#deps;
    const options = { host, port, onread, localAddress, ...(lookup && { lookup }) };
    const socket = isTls ? this.#openTls(options) : connectTcp(options);
    this.#socket = socket;
    socket.once('connect', () => {
      this.marks.tcpConnected = this.#deps.clock.now();
    });
    socket.once(isTls ? 'secureConnect' : 'connect', () => {
      if (isTls) this.marks.secured = this.#deps.clock.now();
      this.#certificate = undefined;
      socket.write(`${this.#target.requestHead}${key}\r\n\r\n`);
    });
    socket.on('error', (error) => this.#failed(error));
    // Without a reader, the end of the stream would never be noticed. The bytes themselves go to
    // `onread`.
    socket.resume();
    socket.once('close', () => {
      const outcome = this.#walker === undefined ? response.end() : undefined;
      if (outcome !== undefined) this.#finishUpgrade(outcome);
      this.#finishDial({ status: 0, error: new EarlyEnd() });
    });
  }

  #failed(error: Error): void {
    if (RESETS.includes(systemErrorCode(error) ?? '')) this.#broken ??= 'reset';
    this.#finishDial({ status: 0, error, certificate: this.#certificate });
  }

  #openTls(options: ConnectionOptions): TLSSocket {
    const { serverName, verifiesCertificate, tls } = this.#target;
    const socket = connectTls({
      ...options,
      servername: serverName,
      ...(tls && { secureContext: tls.context }),
      ...(tls?.sessions?.last && { session: tls.sessions.last }),
      ...(verifiesCertificate ? {} : { rejectUnauthorized: false }),
    });
    if (verifiesCertificate) keepCertificate(socket, (certificate) => (this.#certificate = certificate));
    const sessions = tls?.sessions;
    if (sessions !== undefined) {
      socket.on('session', (session: Buffer) => {
        sessions.last = session;
      });
    }
    return socket;
  }

  #receive(size: number, response: UpgradeResponse): void {
    const bytes = this.#deps.readBuffer;
    if (this.#walker === undefined) {
      const outcome = response.receive(bytes.subarray(0, size));
      if (outcome !== undefined) this.#finishUpgrade(outcome);
      return;
    }
    this.#feed(this.#walker, bytes, size);
  }

  #finishUpgrade(outcome: UpgradeOutcome): void {
    const socket = this.#socket;
    const { status, headers, body, subprotocol, extensions } = outcome;
    const tlsVersion = socket instanceof TLSSocket ? (socket.getProtocol() ?? undefined) : undefined;
    const answer = { status, headers, body, subprotocol, extensions, tlsVersion };
    if (socket === undefined || outcome.problem !== undefined) {
      this.#finishDial({ ...answer, error: new Error(outcome.problem) });
      socket?.destroy();
      return;
    }
    this.marks.upgraded = this.#deps.clock.now();
    const walker = this.#adopt(socket, extensions);
    this.#finishDial(answer);
    if (outcome.rest.length > 0) this.#feed(walker, outcome.rest, outcome.rest.length);
  }

  #feed(walker: FrameWalker, bytes: Buffer, length: number): void {
    this.marks.firstFrame ??= this.#deps.clock.now();
    walker.feed(bytes, length);
  }

  #adopt(socket: Socket, extensions: string | undefined): FrameWalker {
    const handlers = this.#handlers;
    const webSocket = adoptSocket(socket, extensions);
    webSocket.on('message', (bytes, isBinary) => {
      if (Buffer.isBuffer(bytes)) handlers.onMessage(bytes, 0, bytes.length, isBinary);
    });
    webSocket.on('ping', (payload) => handlers.onPing?.(payload));
    webSocket.on('pong', (payload) => handlers.onPong(payload));
    // A broken stream also closes the connection, and the close is reported.
    webSocket.on('error', (error) => (this.#broken ??= brokenBy(error)));
    webSocket.on('close', (code, reason) => {
      if (!isUtf8(reason)) this.#broken = 'frame';
      if (this.#broken === 'close') handlers.onClose(WITHOUT_CODE, '');
      else handlers.onClose(code, reason.toString('utf8'), this.#broken);
    });
    // ws listens to the socket's data events; with `onread` the socket does not emit any.
    const walker = new FrameWalker(handlers, (bytes) => void socket.emit('data', bytes));
    this.#walker = walker;
    this.#webSocket = webSocket;
    return walker;
  }
}

/**
 * Classifies the error of a stream that the reader gave up. As in k6, a close frame of one byte
 * counts as one without a code.
 */
function brokenBy(error: Error): BrokenBy | 'close' {
  const code = systemErrorCode(error) ?? '';
  if (code === 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH' && error.message.endsWith(' 1')) return 'close';
  return code.startsWith('WS_ERR_') && !code.startsWith('WS_ERR_UNSUPPORTED_') ? 'frame' : 'message';
}

const NO_CODE = 1005;

const MAX_REASON_BYTES = 123;

const FINAL_CLOSE = 0x88;

const MASKED = 0x80;

/**
 * Whether RFC 6455 (section 7.4) lets an endpoint close with this code and reason; `ws` throws for
 * any other.
 */
export function mayBeSent(code: number, reason: string): boolean {
  if (!Number.isInteger(code) || Buffer.byteLength(reason) > MAX_REASON_BYTES) return false;
  return (code >= 1000 && code <= 1014 && ![1004, NO_CODE, 1006].includes(code)) || (code >= 3000 && code <= 4999);
}

/**
 * Encodes a client's close frame with any code (16 bits). A reason that is too long for a control
 * frame is truncated.
 */
export function closeFrame(code: number, reason: string): Buffer {
  const payload = code === NO_CODE ? Buffer.alloc(0) : Buffer.concat([codeBytes(code), shortened(reason)]);
  const mask = randomBytes(4);
  const masked = payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0));
  return Buffer.concat([Buffer.from([FINAL_CLOSE, MASKED | payload.length]), mask, masked]);
}

function codeBytes(code: number): Buffer {
  const bytes = Buffer.alloc(2);
  new DataView(bytes.buffer, bytes.byteOffset).setUint16(0, Number(BigInt.asUintN(16, BigInt(Math.trunc(code)))));
  return bytes;
}

/** Truncates to 123 bytes without splitting a character. */
function shortened(reason: string): Buffer {
  const bytes = Buffer.from(reason);
  let end = Math.min(bytes.length, MAX_REASON_BYTES);
  // Continuation bytes of a character begin with the bits 10.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end);
}
