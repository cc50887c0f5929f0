import type { CloseReasonName } from '../close-reason.js';
import type { WireFrames } from './ws-frame.js';

/**
 * Time for a peer to read what is buffered, answer the close frame and close the connection. After
 * it the connection is cut.
 */
export const CLOSE_GRACE_MS = 5_000;

/** What leaves to clients: encoded once, sent many times, never changed after it was made. */
export interface OutboundMessage {
  readonly payload: Uint8Array;
  readonly binary: boolean;
  /** Asks for permessage-deflate where it was negotiated: true from 512 bytes on. */
  readonly compress: boolean;
  /** Its frames, kept by a transport that makes them once for all receivers. */
  wire?: WireFrames;
  /**
   * For how many receivers it was to be deflated, counted by a transport that does so for each of
   * them.
   */
  deflations?: number;
  /** The same message with bytes of its own, kept by delivery once it has to wait. */
  kept?: OutboundMessage;
}

/**
 * `sent`: given to the kernel. `buffered`: kept by the library behind a slow reader. `dropped`:
 * over the library's limit, gone.
 */
export type SendStatus = 'sent' | 'buffered' | 'dropped';

/**
 * One client's WebSocket. Every method is safe after the close: it then does nothing and answers
 * `dropped`, 0 or false.
 */
export interface Socket {
  /**
   * `ip:port`, IPv6 in brackets; port 0 where the transport cannot know it. To be asked for before
   * the close if it is wanted after it.
   */
  readonly remoteAddress: string;
  isOpen(): boolean;
  send(message: OutboundMessage): SendStatus;
  /** Bytes accepted by `send` or `publish` that the kernel has not taken yet. */
  bufferedBytes(): number;
  /**
   * Runs `writes` so that all they send to this socket leaves in as few system calls as possible.
   */
  cork(writes: () => void): void;
  subscribe(topic: string): void;
  unsubscribe(topic: string): void;
  /**
   * Sends a close frame, with code and text from the catalogue, after what is buffered. The
   * handler's `close` may run before this returns.
   */
  end(reason: CloseReasonName): void;
  /** Cuts the connection without a close frame. */
  terminate(): void;
  /** Stops and resumes reading. Only where `Transport.canPause`; elsewhere does nothing. */
  pause(): void;
  resume(): void;
}

/** Open sockets that are sent the same messages. */
export interface SocketGroup {
  /**
   * Sends to each of them that is still open, in order with `Socket.send` and `Transport.publish`;
   * merges what one tick publishes.
   */
  publish(message: OutboundMessage): void;
}
