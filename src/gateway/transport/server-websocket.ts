import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer, type Server } from 'ws';
import { CLOSE_TIMEOUT_MS } from './close-reason.js';
import type { TransportEndpoint } from './transport.js';
import { PLAIN } from './ws-frame.js';

/** From this size on a message is worth deflating. */
const DEFLATE_THRESHOLD_BYTES = 512;
const NORMAL_CLOSE = 1000;
/** From here on codes belong to libraries and applications. */
const PRIVATE_CODES = 3000;
/** What stands for the code of a close frame that has none. */
const NO_CLOSE_CODE = 1005;
const LARGEST_WINDOW_BITS = 15;

/**
 * A WebSocket of `ws` that tells of the peer's close frame when it comes. The library itself tells only when the network connection is
 * over, up to seconds later, and throws away what is sent meanwhile. It answers the frame by calling its own `close` with the bytes
 * received, which is not documented: the conformance suite stands for it. Of the protocol's own codes 1000 is the answer to all.
 */
export class ServerWebSocket extends WebSocket {
  onPeerClose: (code: number, reason: string) => void = () => undefined;
  /** The window that the handshake allows us, `PLAIN` without compression. */
  windowBits = PLAIN;
  /** Before its close frame leaves, whoever began. */
  onClosing: () => void = () => undefined;

  override close(code?: number, reason?: string | Buffer): void {
    this.onClosing();
    const isOfPeer = typeof reason === 'object';
    super.close(isOfPeer && code !== undefined && code < PRIVATE_CODES ? NORMAL_CLOSE : code, reason);
    if (code === undefined) this.onPeerClose(NO_CLOSE_CODE, '');
    else if (isOfPeer) this.onPeerClose(code, reason.toString());
  }
}

/** The server of `ws` that speaks for one path. */
export type WsServer = Server<typeof ServerWebSocket>;

/** Answers handshakes that were accepted; it listens nowhere. */
export function createWsServer(endpoint: TransportEndpoint): WsServer {
  const options = {
    noServer: true,
    WebSocket: ServerWebSocket,
    clientTracking: false,
    maxPayload: endpoint.maxMessageBytes,
    closeTimeout: CLOSE_TIMEOUT_MS,
    perMessageDeflate: endpoint.compression && {
      serverNoContextTakeover: true,
      clientNoContextTakeover: true,
      threshold: DEFLATE_THRESHOLD_BYTES,
    },
  };
  return new WebSocketServer<typeof ServerWebSocket>(options);
}

/** The window that the answer to a handshake allows us (RFC 7692 7.1.2.1). */
export function windowBitsOf(answer: readonly string[]): number {
  const extensions = answer.find((line) => line.startsWith('Sec-WebSocket-Extensions'));
  if (extensions === undefined) return PLAIN;
  const bits = /server_max_window_bits=(\d+)/.exec(extensions)?.[1];
  return bits === undefined ? LARGEST_WINDOW_BITS : Number(bits);
}

/** Takes the library's place as the reader of a network connection that it has just been given, and answers with what it would have done. */
export function takeOver(stream: Duplex): (bytes: Buffer) => void {
  const [read] = stream.listeners('data');
  if (read === undefined) throw new Error('the ws library reads its socket in another way than it did');
  stream.removeAllListeners('data');
  return (bytes) => {
    Reflect.apply(read, stream, [bytes]);
  };
}

/** What came from the network and was not read, as reading was stopped. */
export function unread(stream: Duplex): Buffer | null {
  const bytes: unknown = stream.readableLength > 0 ? stream.read(stream.readableLength) : null;
  return bytes instanceof Buffer ? bytes : null;
}
