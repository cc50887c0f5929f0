import type { Duplex } from 'node:stream';
import type { CloseReasonName } from '../../close-reason.js';
import { FrameReader, type FrameReaderOptions, type FrameSink } from './frame-reader.js';
import { FrameWriter, type WriterOwner } from './frame-writer.js';
import type { GuardedHandler, Peer } from '../guarded-handler.js';
import { joinAddress } from '../http/remote-address.js';
import { attachLibrary, type CloseListener, type LibraryHalf } from './server-websocket.js';
import type { MessageBatch } from './message-batch.js';
import { CLOSE_GRACE_MS, type OutboundMessage, type SendStatus } from '../socket.js';
import { PLAIN } from '../ws-frame.js';
import type { TurnMember, TurnPart, TurnWrites } from './turn-writes.js';

/** Timers may fire slightly early. */
const TIMER_SLACK_MS = 5;

/** Bytes that a corked socket gathers before they are written. */
const CORK_BYTES = 64 * 1024;

/** The network socket under a WebSocket. */
export interface WsStream extends Duplex {
  readonly bytesRead?: number;
}

/** Collaborators shared by all sockets of one `ws` transport. */
export interface WsSocketDeps<C extends object> {
  readonly guarded: GuardedHandler<C>;
  readonly turnWrites: TurnWrites;
  readonly onCloseIgnored: () => void;
}

/** Options of one WebSocket. */
export interface WsSocketOptions {
  readonly stream: WsStream;
  readonly remoteHost: string;
  readonly remotePort: number;
  readonly maxBufferedBytes: number;
  readonly idleTimeoutS: number;
  /** The negotiated compression window, or `PLAIN`. */
  readonly windowBits: number;
  readonly reading: FrameReaderOptions;
}

/**
 * One WebSocket of `ws`. Its close is reported to the handler when it is decided, as on
 * uWebSockets.js, not when the peer has answered.
 */
export class WsSocket<C extends object> implements Peer<C>, TurnMember, FrameSink, WriterOwner, CloseListener {
  connection: C | undefined = undefined;
  /** For the keep-alive: bytes read at the last check, and seconds without new bytes. */
  seenBytes = 0;
  silentS = 0;
  turn = 0;
  written = 0;
  part: TurnPart | undefined = undefined;
  readonly idleTimeoutS: number;
  readonly #deps: WsSocketDeps<C>;
  readonly #stream: WsStream;
  readonly #remoteHost: string;
  readonly #remotePort: number;
  readonly #maxBufferedBytes: number;
  readonly #writer: FrameWriter;
  readonly #maxMessageBytes: number;
  readonly #reader: FrameReader;
  /** Created when the WebSocket closes; until then the library is not used. */
  #library: LibraryHalf | undefined;
  #isOpen = true;
  /** Whether the network connection is closed. */
  #isLost = false;
  /** Whether the peer's close frame has arrived. */
  #isAnswered = false;
  /** Messages sent while the socket is corked. */
  #corked: OutboundMessage[] | undefined;
  #corkedBytes = 0;
  /** The reason of the close frame that follows the queued messages. */
  #closeReason: CloseReasonName | undefined;
  #closedAt = 0;

  constructor(deps: WsSocketDeps<C>, options: WsSocketOptions) {
    this.#deps = deps;
    this.#stream = options.stream;
    this.#remoteHost = options.remoteHost;
    this.#remotePort = options.remotePort;
    this.#maxBufferedBytes = options.maxBufferedBytes;
    this.idleTimeoutS = options.idleTimeoutS;
    this.#writer = new FrameWriter(
      { stream: options.stream, windowBits: options.windowBits, batches: deps.turnWrites },
      this,
    );
    this.#maxMessageBytes = options.reading.maxMessageBytes;
    this.#reader = new FrameReader(options.reading, this, options.windowBits !== PLAIN);
  }

  get remoteAddress(): string {
    return joinAddress(this.#remoteHost, this.#remotePort);
  }

  isOpen(): boolean {
    return this.#isOpen;
  }

  /** Hot path. */
  send(message: OutboundMessage): SendStatus {
    if (!this.#isOpen || this.#writer.bufferedBytes > this.#maxBufferedBytes) return 'dropped';
    this.#deps.turnWrites.settle(this);
    if (this.#corked === undefined) this.#writer.write(this.#deps.turnWrites.batchOf([message]));
    else this.#gather(this.#corked, message);
    return this.#writer.bufferedBytes > 0 ? 'buffered' : 'sent';
  }

  /** Writes what was published in this turn, after what is corked. */
  put(batch: MessageBatch): boolean {
    if (!this.#isOpen) return true;
    if (this.#writer.bufferedBytes > this.#maxBufferedBytes) return false;
    if (this.#corked !== undefined && this.#corked.length > 0) this.#flushCork(this.#corked);
    this.#writer.write(batch);
    return true;
  }

  dropped({ payload }: OutboundMessage): void {
    this.#deps.guarded.dropped(this, payload.byteLength);
  }

  bufferedBytes(): number {
    return this.#isOpen ? this.#writer.bufferedBytes + this.#corkedBytes : 0;
  }

  cork(writes: () => void): void {
    if (!this.#isOpen) return;
    if (this.#corked !== undefined) {
      writes();
      return;
    }
    const corked: OutboundMessage[] = [];
    this.#corked = corked;
    try {
      writes();
    } finally {
      this.#flushCork(corked);
      this.#corked = undefined;
    }
  }

  subscribe(topic: string): void {
    if (this.#isOpen) this.#deps.turnWrites.subscribe(this, topic);
  }

  unsubscribe(topic: string): void {
    this.#deps.turnWrites.unsubscribe(this, topic);
  }

  end(reason: CloseReasonName): void {
    if (!this.#isOpen) return;
    this.#writeAll();
    if (!this.#writer.isWaiting) this.#closeByLibrary(reason);
    else this.#closeReason = reason;
    this.resume();
    this.#closed(reason);
  }

  /** Called by the library before a close frame is written: writes what was gathered. */
  closing(): void {
    if (this.#isOpen) this.#deps.guarded.closing(this);
    this.#writeAll();
  }

  /** Called by the library when the peer's close frame has arrived. */
  closedByPeer(): void {
    this.#isAnswered = true;
    this.#closed('closed_by_client');
  }

  /** Called by the library after it has sent the close frame for an error. */
  failed(reason: CloseReasonName): void {
    this.#closed(reason);
  }

  #writeAll(): void {
    if (!this.#isOpen) return;
    this.#writer.writePongs();
    this.#deps.turnWrites.settle(this);
    if (this.#corked !== undefined) this.#flushCork(this.#corked);
  }

  terminate(): void {
    if (!this.#isOpen) return;
    this.#closed('connection_lost');
    this.#stream.destroy();
  }

  pause(): void {
    if (this.#isOpen) this.#reader.pause();
  }

  resume(): void {
    this.#reader.resume();
  }

  /** Called by the transport with bytes from the network. */
  received(chunk: Buffer): void {
    this.#reader.feed(chunk);
  }

  /**
   * Called by the transport when the network connection is closed. Delivers what was read before.
   */
  lost(unread: Buffer | null): void {
    this.#isLost = true;
    if (unread !== null) this.#reader.feed(unread);
    this.#reader.finish();
    this.#closed('connection_lost');
    if (this.#isAnswered || performance.now() - this.#closedAt < CLOSE_GRACE_MS - TIMER_SLACK_MS) return;
    this.#deps.onCloseIgnored();
  }

  message(payload: Buffer, binary: boolean): void {
    this.#deps.guarded.message(this, payload, binary);
  }

  ping(payload: Buffer): void {
    if (this.#isOpen) this.#writer.writePong(payload);
  }

  /**
   * Called by the writer when the kernel has accepted what was written, or waiting messages were
   * written.
   */
  drained(): void {
    if (this.#isOpen) this.#deps.guarded.drain(this);
  }

  /** Called by the writer when no message waits to be deflated. */
  caughtUp(): void {
    if (this.#closeReason !== undefined) this.#closeByLibrary(this.#closeReason);
  }

  passOn(frame: Buffer): void {
    this.#attachLibrary().take(frame);
  }

  stopReading(): void {
    this.#stream.pause();
  }

  goOnReading(): void {
    this.#stream.resume();
  }

  /** Reports the end of the socket, once. */
  #closed(reason: CloseReasonName): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#closedAt = performance.now();
    this.#deps.turnWrites.leave(this);
    this.#deps.guarded.close(this, reason);
  }

  /** Called by the transport to cut a connection that lingers after its close was reported. */
  cut(): void {
    this.#stream.destroy();
  }

  /**
   * Called once a second by the keep-alive: pings after half the idle timeout and terminates after
   * all of it.
   */
  checkLife(): void {
    const { bytesRead = 0 } = this.#stream;
    if (bytesRead !== this.seenBytes || this.#reader.isPaused) {
      this.seenBytes = bytesRead;
      this.silentS = 0;
      return;
    }
    this.silentS += 1;
    if (this.silentS >= this.idleTimeoutS) this.terminate();
    else if (this.silentS === Math.floor(this.idleTimeoutS / 2)) this.#writer.writePing();
  }

  #closeByLibrary(reason: CloseReasonName): void {
    this.#attachLibrary().close(reason);
  }

  #attachLibrary(): LibraryHalf {
    this.#library ??= attachLibrary({
      stream: this.#stream,
      maxMessageBytes: this.#maxMessageBytes,
      listener: this,
      isLost: this.#isLost,
    });
    return this.#library;
  }

  #gather(corked: OutboundMessage[], message: OutboundMessage): void {
    corked.push(message);
    this.#corkedBytes += message.payload.byteLength;
    if (this.#corkedBytes > CORK_BYTES) this.#flushCork(corked);
  }

  #flushCork(corked: OutboundMessage[]): void {
    if (corked.length === 0) return;
    const batch = this.#deps.turnWrites.batchOf(corked);
    corked.length = 0;
    this.#corkedBytes = 0;
    if (this.#isOpen) this.#writer.write(batch);
  }
}
