import type { Duplex } from 'node:stream';
import { CLOSE_TIMEOUT_MS, fitCloseReason } from './close-reason.js';
import type { GuardedHandler, Peer } from './guarded-handler.js';
import { joinAddress } from './remote-address.js';
import { wireFrames, type MessageBatch } from './message-batch.js';
import type { OutboundMessage, SendStatus } from './socket.js';
import type { TopicMember, TurnWrites } from './turn-writes.js';

/** A timer may fire a little early. */
const TIMER_SLACK_MS = 5;

/** What a corked socket may gather before it is written anyway. */
const CORK_BYTES = 64 * 1024;
const NOTHING = Buffer.alloc(0);

/** What we use of a WebSocket of `ws`, by structure. Data frames are ours; control frames, reading and the close are the library's. */
export interface WsNative {
  ping(): void;
  close(code: number, reason: string): void;
  terminate(): void;
  pause(): void;
  resume(): void;
}

/** The network socket under a WebSocket. */
export interface WsStream extends Duplex {
  readonly bytesRead?: number;
}

/** What all sockets of one `ws` transport share. */
export interface WsSocketContext<C extends object> {
  readonly guarded: GuardedHandler<C>;
  readonly turnWrites: TurnWrites<WsSocket<C>>;
  readonly onCloseIgnored: () => void;
}

/** What one WebSocket is made of. */
export interface WsParts {
  readonly native: WsNative;
  readonly stream: WsStream;
  readonly remoteHost: string;
  readonly remotePort: number;
  readonly maxBufferedBytes: number;
  readonly idleTimeoutS: number;
  /** The window of the compression that was negotiated, or `PLAIN`. */
  readonly windowBits: number;
}

/** One WebSocket of `ws`. Its close is told to the handler when it is decided, as uWebSockets.js does, not when the peer has answered. */
export class WsSocket<C extends object> implements Peer<C>, TopicMember {
  connection: C | undefined = undefined;
  /** For the keep-alive: bytes read when it last looked, and for how many seconds none have come. */
  seenBytes = 0;
  silentS = 0;
  turn = 0;
  written = 0;
  topicBits = 0;
  readonly idleTimeoutS: number;
  readonly #context: WsSocketContext<C>;
  readonly #native: WsNative;
  readonly #stream: WsStream;
  readonly #remoteHost: string;
  readonly #remotePort: number;
  readonly #maxBufferedBytes: number;
  readonly #windowBits: number;
  #isOpen = true;
  #isPaused = false;
  /** The kernel has not taken all: `#drained` is called when it has. */
  #isBehind = false;
  /** What is sent while the socket is corked. */
  #corked: OutboundMessage[] | undefined;
  #corkedBytes = 0;
  /** What waits for a message before it to be deflated, that message first. */
  #waiting: OutboundMessage[] | undefined;
  #waitingBytes = 0;
  /** The close frame that stands behind what waits. */
  #closeFrame: { readonly code: number; readonly reason: string } | undefined;
  #closedAt = 0;

  constructor(context: WsSocketContext<C>, parts: WsParts) {
    this.#context = context;
    this.#native = parts.native;
    this.#stream = parts.stream;
    this.#remoteHost = parts.remoteHost;
    this.#remotePort = parts.remotePort;
    this.#maxBufferedBytes = parts.maxBufferedBytes;
    this.idleTimeoutS = parts.idleTimeoutS;
    this.#windowBits = parts.windowBits;
  }

  get remoteAddress(): string {
    return joinAddress(this.#remoteHost, this.#remotePort);
  }

  isOpen(): boolean {
    return this.#isOpen;
  }

  /** Hot. */
  send(message: OutboundMessage): SendStatus {
    if (!this.#isOpen || this.#buffered > this.#maxBufferedBytes) return 'dropped';
    this.#context.turnWrites.settle(this);
    if (this.#corked === undefined) this.#write(this.#context.turnWrites.batchOf([message]));
    else this.#gather(this.#corked, message);
    return this.#buffered > 0 ? 'buffered' : 'sent';
  }

  /** Takes what was published in this turn, behind what is corked. */
  put(batch: MessageBatch): boolean {
    if (!this.#isOpen) return true;
    if (this.#buffered > this.#maxBufferedBytes) return false;
    if (this.#corked !== undefined && this.#corked.length > 0) this.#flushCork(this.#corked);
    this.#write(batch);
    return true;
  }

  bufferedBytes(): number {
    return this.#isOpen ? this.#buffered + this.#corkedBytes : 0;
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
    if (this.#isOpen) this.#context.turnWrites.subscribe(this, topic);
  }

  unsubscribe(topic: string): void {
    this.#context.turnWrites.unsubscribe(this, topic);
  }

  end(code: number, reason: string): void {
    if (!this.#isOpen) return;
    const fitted = fitCloseReason(reason);
    this.writeAll();
    if (this.#waiting === undefined) this.#native.close(code, fitted);
    else this.#closeFrame = { code, reason: fitted };
    this.resume();
    this.closed(code, fitted, false);
  }

  /** For the transport: writes what was gathered, as a close frame is about to leave. */
  writeAll(): void {
    if (!this.#isOpen) return;
    this.#context.turnWrites.settle(this);
    if (this.#corked !== undefined) this.#flushCork(this.#corked);
  }

  terminate(): void {
    if (!this.#isOpen) return;
    this.closed(1006, '', false);
    this.#native.terminate();
  }

  pause(): void {
    if (!this.#isOpen || this.#isPaused) return;
    this.#isPaused = true;
    this.#native.pause();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#native.resume();
  }

  /** For the transport: the socket is over; `byPeer` if its close frame says so. Told once. */
  closed(code: number, reason: string, byPeer: boolean): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#closedAt = performance.now();
    this.#context.turnWrites.leave(this);
    this.#context.guarded.close(this, code, reason, byPeer);
  }

  /** For the transport: the network connection is over. `answered`: the peer's close frame has come. */
  over(answered: boolean): void {
    if (answered || performance.now() - this.#closedAt < CLOSE_TIMEOUT_MS - TIMER_SLACK_MS) return;
    this.#context.onCloseIgnored();
  }

  /** For the transport: cuts what still lingers after the close was told. */
  cut(): void {
    this.#native.terminate();
  }

  /** For the keep-alive, once a second: pings at half of the idle timeout, and gives the peer up at the whole of it. */
  checkLife(): void {
    const { bytesRead = 0 } = this.#stream;
    if (bytesRead !== this.seenBytes || this.#isPaused) {
      this.seenBytes = bytesRead;
      this.silentS = 0;
      return;
    }
    this.silentS += 1;
    if (this.silentS >= this.idleTimeoutS) this.terminate();
    else if (this.silentS === Math.floor(this.idleTimeoutS / 2)) this.#native.ping();
  }

  /** Bytes that the kernel has not taken, and those that wait to be deflated. */
  get #buffered(): number {
    return this.#stream.writableLength + this.#waitingBytes;
  }

  #gather(corked: OutboundMessage[], message: OutboundMessage): void {
    corked.push(message);
    this.#corkedBytes += message.payload.byteLength;
    if (this.#corkedBytes > CORK_BYTES) this.#flushCork(corked);
  }

  #flushCork(corked: OutboundMessage[]): void {
    if (corked.length === 0) return;
    const batch = this.#context.turnWrites.batchOf(corked);
    corked.length = 0;
    this.#corkedBytes = 0;
    if (this.#isOpen) this.#write(batch);
  }

  /** Hot: one write for all messages of the batch. */
  #write(batch: MessageBatch): void {
    if (this.#waiting !== undefined) {
      this.#wait(this.#waiting, batch.messages);
      return;
    }
    const joined = batch.joined(this.#windowBits);
    if (joined === undefined) this.#writeReady(batch.messages);
    else this.#writeBytes(joined);
  }

  #writeBytes(bytes: Buffer): void {
    this.#stream.write(bytes);
    if (this.#stream.writableLength > 0) this.#fallBehind();
  }

  /** Nothing is written after it: its callback comes when the kernel has taken all that stands before it. */
  #fallBehind(): void {
    if (this.#isBehind) return;
    this.#isBehind = true;
    this.#stream.write(NOTHING, () => this.#drained());
  }

  #drained(): void {
    this.#isBehind = false;
    if (!this.#isOpen) return;
    if (this.#stream.writableLength > 0) this.#fallBehind();
    this.#context.guarded.drain(this);
  }

  /** Writes up to the first message that is still being deflated; the rest follows when that is ready. */
  #writeReady(messages: readonly OutboundMessage[]): void {
    const ready = messages.findIndex((message) => wireFrames(message).frame(this.#windowBits) === undefined);
    const upTo = ready < 0 ? messages.length : ready;
    const joined =
      upTo > 0 ? this.#context.turnWrites.batchOf(messages.slice(0, upTo)).joined(this.#windowBits) : undefined;
    if (joined !== undefined) this.#writeBytes(joined);
    const next = messages[upTo];
    if (next === undefined) return;
    const waiting: OutboundMessage[] = [];
    this.#waiting = waiting;
    this.#wait(waiting, messages.slice(upTo));
    wireFrames(next).whenReady(this.#windowBits, () => this.#proceed());
  }

  #wait(waiting: OutboundMessage[], messages: readonly OutboundMessage[]): void {
    for (const message of messages) {
      waiting.push(message);
      this.#waitingBytes += message.payload.byteLength;
    }
  }

  /** What it waited for is ready. */
  #proceed(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    this.#waitingBytes = 0;
    if (waiting === undefined || this.#stream.destroyed) return;
    this.#writeReady(waiting);
    if (this.#waiting !== undefined) return;
    if (this.#closeFrame !== undefined) this.#native.close(this.#closeFrame.code, this.#closeFrame.reason);
    else if (!this.#isBehind) this.#drained();
  }
}
