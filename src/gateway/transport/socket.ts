import type { CloseReasonName } from '../close-reason.js';
import type { WireFrames } from './ws-frame.js';

/**
 * Time for a peer to read what is buffered, answer the close frame and close the connection. After
 * it the connection is cut.
 */
export const CLOSE_GRACE_MS = 5_000;

/** A message to clients: encoded once, sent many times, immutable. */
export interface OutboundMessage {
  readonly payload: Uint8Array;
  readonly binary: boolean;
  /** Requests permessage-deflate where it was negotiated: true from 512 bytes on. */
  readonly compress: boolean;
  /** Its frames, cached by a transport that encodes them once for all receivers. */
  wire?: WireFrames;
  /**
   * Number of receivers that it was deflated for, counted by a transport that deflates for each
   * receiver.
   */
  deflations?: number;
  /** The same message with memory of its own, created by delivery when it must be queued. */
  kept?: OutboundMessage;
}

/**
 * `sent`: written to the kernel. `buffered`: held by the library for a slow reader. `dropped`:
 * discarded, because the library's buffer limit was reached.
 */
export type SendStatus = 'sent' | 'buffered' | 'dropped';

/**
 * One client's WebSocket. Every method is safe after the close: it does nothing and returns
 * `dropped`, 0 or false.
 */
export interface Socket {
  /**
   * `ip:port`, IPv6 in brackets; port 0 where the transport cannot know it. Read it before the
   * close if it is needed afterwards.
   */
  readonly remoteAddress: string;
  isOpen(): boolean;
  send(message: OutboundMessage): SendStatus;
  /** Bytes accepted by `send` or `publish` that the kernel has not taken yet. */
  bufferedBytes(): number;
  /** Runs `writes` and sends what they write to this socket in as few system calls as possible. */
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

/** A group of open sockets that receive the same messages. */
export interface SocketGroup {
  /**
   * Sends to each socket that is still open, in order with `Socket.send` and `Transport.publish`.
   * Messages published in one tick are written together.
   */
  publish(message: OutboundMessage): void;
}
