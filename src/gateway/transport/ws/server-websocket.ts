import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer, type Server } from 'ws';
import { systemErrorCode } from '../../../core/error.js';
import { CLOSE_REASONS, libraryCloseReason, type CloseReasonName } from '../../close-reason.js';
import { CLOSE_GRACE_MS } from '../socket.js';
import type { TransportEndpoint } from '../transport.js';
import { PLAIN } from '../ws-frame.js';

/** From this size on messages are deflated. */
const DEFLATE_THRESHOLD_BYTES = 512;
/** From here on codes belong to libraries and applications (RFC 6455 7.4.2). */
const PRIVATE_CODES = 3000;
const LARGEST_WINDOW_BITS = 15;

const NOTHING = Buffer.alloc(0);
/** Reasons by the library's error codes; other `WS_ERR_` codes are protocol errors. */
const LIBRARY_ERRORS: Readonly<Record<string, CloseReasonName>> = {
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 'message_too_large',
  WS_ERR_INVALID_UTF8: 'invalid_text',
};

/** Listeners that the library's half of a WebSocket notifies of the close. */
export interface CloseListener {
  /** Called before the close frame is written, whichever side started the close. */
  closing(): void;
  /** Called when the peer's close frame has arrived. */
  closedByPeer(): void;
  /** Called when the peer broke the protocol, after the close frame was written, or was lost. */
  failed(reason: CloseReasonName): void;
}

/**
 * The library's WebSocket for an upgrade, without its reader, sender and listeners, which would
 * cost memory on each idle connection. `WsSocket` takes over the network connection and calls
 * `attachLibrary` when it closes. `setSocket` is undocumented; the conformance suite covers it.
 */
class UpgradedWebSocket extends WebSocket {
  setSocket(stream: Duplex, head: Buffer): void {
    if (stream instanceof Socket) {
      stream.setTimeout(0);
      stream.setNoDelay();
    }
    if (head.length > 0) stream.unshift(head);
  }
}

/**
 * A WebSocket of `ws` that reports the peer's close frame as soon as it arrives. The library itself
 * reports it only when the network connection is over, up to seconds later, and discards messages
 * sent meanwhile. The library calls its own `close` with the bytes of the peer's frame to answer
 * it, and with a code alone for a protocol error. Neither is documented; the conformance suite
 * covers it.
 */
class ClosingWebSocket extends WebSocket {
  declare setSocket: (stream: Duplex, head: Buffer, options: { readonly maxPayload: number }) => void;
  listener: CloseListener | undefined;

  override close(code?: number, reason?: string | Buffer): void {
    this.listener?.closing();
    if (code !== undefined && reason === undefined) {
      super.close(code, CLOSE_REASONS[libraryCloseReason(code)].reason);
      return;
    }
    const isOfPeer = typeof reason !== 'string';
    super.close(isOfPeer && code !== undefined ? answerTo(code) : code, reason);
    if (isOfPeer) this.listener?.closedByPeer();
  }
}

/** The code that answers a peer's code: a normal close for every code of the protocol itself. */
function answerTo(code: number): number {
  return code < PRIVATE_CODES ? CLOSE_REASONS.closed_by_client.code : code;
}

/** The server of `ws` for one path. */
export type WsServer = Server<typeof UpgradedWebSocket>;

/** Creates a server that answers accepted handshakes and does not listen. */
export function createWsServer(endpoint: TransportEndpoint): WsServer {
  const options = {
    noServer: true,
    WebSocket: UpgradedWebSocket,
    clientTracking: false,
    perMessageDeflate: endpoint.compression && {
      serverNoContextTakeover: true,
      clientNoContextTakeover: true,
      threshold: DEFLATE_THRESHOLD_BYTES,
    },
  };
  return new WebSocketServer<typeof UpgradedWebSocket>(options);
}

/**
 * Returns the compression window that the handshake's answer allows the server (RFC 7692 7.1.2.1).
 */
export function windowBitsOf(answer: readonly string[]): number {
  const extensions = answer.find((line) => line.startsWith('Sec-WebSocket-Extensions'));
  if (extensions === undefined) return PLAIN;
  const bits = /server_max_window_bits=(\d+)/.exec(extensions)?.[1];
  return bits === undefined ? LARGEST_WINDOW_BITS : Number(bits);
}

/**
 * The library's half of a WebSocket: sends and answers close frames, and closes on protocol errors.
 */
export interface LibraryHalf {
  close(reason: CloseReasonName): void;
  /** Passes bytes from the network to the library. */
  take(bytes: Buffer): void;
}

interface AttachOptions {
  readonly stream: Duplex;
  readonly maxMessageBytes: number;
  readonly listener: CloseListener;
  /** Whether the network connection is already closed. */
  readonly isLost: boolean;
}

/**
 * Attaches the library to a WebSocket that was read and written without it, so that it can close
 * it.
 */
export function attachLibrary({ stream, maxMessageBytes, listener, isLost }: AttachOptions): LibraryHalf {
  const options = { closeTimeout: CLOSE_GRACE_MS, maxPayload: maxMessageBytes };
  const native: unknown = Reflect.construct(ClosingWebSocket, [null, undefined, options]);
  if (!(native instanceof ClosingWebSocket))
    throw new Error('this version of the ws library creates an unexpected kind of WebSocket');
  native.setSocket(stream, NOTHING, options);
  native.listener = listener;
  native.on('error', (error) => listener.failed(reasonOfError(systemErrorCode(error))));
  const read = lastListener(stream, 'data');
  const over = lastListener(stream, 'close');
  stream.removeListener('data', read);
  return {
    close: (name) => {
      const { code, reason } = CLOSE_REASONS[name];
      native.close(code, reason);
    },
    take: (bytes) => {
      Reflect.apply(read, stream, [bytes]);
      // The listener was attached too late for the event itself.
      if (isLost) Reflect.apply(over, stream, []);
    },
  };
}

type Listener = (...args: unknown[]) => void;

function lastListener(stream: Duplex, event: 'data' | 'close'): Listener {
  const last = stream.listeners(event).filter(isListener).at(-1);
  if (last === undefined) throw new Error('this version of the ws library does not listen to its socket as expected');
  return last;
}

function isListener(value: unknown): value is Listener {
  return typeof value === 'function';
}

/** The reason for which the library closed, from the code of its error. */
function reasonOfError(errorCode: string | undefined): CloseReasonName {
  if (errorCode === undefined || !errorCode.startsWith('WS_ERR_')) return 'connection_lost';
  return LIBRARY_ERRORS[errorCode] ?? 'protocol_error';
}

/**
 * Removes and re-adds the listeners of a network connection. The HTTP server added and removed
 * many; the table that held them never shrinks and would be an eighth of an idle WebSocket's
 * memory.
 */
export function compactListeners(stream: Duplex): void {
  const kept = stream
    .eventNames()
    .map((event) => ({ event, listeners: stream.rawListeners(event).filter(isListener) }));
  for (const { event } of kept) stream.removeAllListeners(event);
  for (const { event, listeners } of kept) for (const listener of listeners) stream.on(event, listener);
}

/** Returns bytes that arrived while reading was stopped. */
export function unread(stream: Duplex): Buffer | null {
  const bytes: unknown = stream.readableLength > 0 ? stream.read(stream.readableLength) : null;
  return bytes instanceof Buffer ? bytes : null;
}
