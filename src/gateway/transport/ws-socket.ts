import type { Duplex } from 'node:stream';
import { CLOSE_TIMEOUT_MS, fitCloseReason } from './close-reason.js';
import type { GuardedHandler, Peer } from './guarded-handler.js';
import { joinAddress } from './remote-address.js';
import type { OutboundMessage, SendStatus } from './socket.js';
import type { Corkable, TickCork } from './tick-cork.js';
import type { Topics } from './topics.js';

/** A timer may fire a little early. */
const TIMER_SLACK_MS = 5;

/** What a corked socket may hold back before it is written out all the same. */
const CORK_BYTES = 64 * 1024;

/** What we use of a WebSocket of `ws`, by structure. */
export interface WsNative {
  readonly bufferedAmount: number;
  send(message: Uint8Array, options: SendOptions, written: () => void): void;
  ping(): void;
  close(code: number, reason: string): void;
  terminate(): void;
  pause(): void;
  resume(): void;
}

interface SendOptions {
  readonly binary: boolean;
  readonly compress: boolean;
}

/** The network socket under a WebSocket. */
export interface WsStream extends Duplex {
  readonly bytesRead?: number;
}

/** What all sockets of one `ws` transport share. */
export interface WsSocketContext<C extends object> {
  readonly guarded: GuardedHandler<C>;
  readonly topics: Topics<WsSocket<C>>;
  readonly tickCork: TickCork;
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
}

const TEXT = { binary: false, compress: false };
const TEXT_DEFLATED = { binary: false, compress: true };
const BINARY = { binary: true, compress: false };
const BINARY_DEFLATED = { binary: true, compress: true };

/** One WebSocket of `ws`. Its close is told to the handler when it is decided, as uWebSockets.js does, not when the peer has answered. */
export class WsSocket<C extends object> implements Peer<C>, Corkable {
  connection: C | undefined = undefined;
  /** For the keep-alive: bytes read when it last looked, and for how many seconds none have come. */
  seenBytes = 0;
  silentS = 0;
  readonly idleTimeoutS: number;
  readonly #context: WsSocketContext<C>;
  readonly #native: WsNative;
  readonly #stream: WsStream;
  readonly #remoteHost: string;
  readonly #remotePort: number;
  readonly #maxBufferedBytes: number;
  readonly #written: () => void;
  #isOpen = true;
  #isPaused = false;
  #isBehind = false;
  #corks = 0;
  /** What was buffered before the cork: a reader is slow only when that is more than nothing. */
  #bytesBeforeCork = 0;
  #closedAt = 0;

  constructor(context: WsSocketContext<C>, parts: WsParts) {
    this.#context = context;
    this.#native = parts.native;
    this.#stream = parts.stream;
    this.#remoteHost = parts.remoteHost;
    this.#remotePort = parts.remotePort;
    this.#maxBufferedBytes = parts.maxBufferedBytes;
    this.idleTimeoutS = parts.idleTimeoutS;
    this.#written = () => this.#drained();
  }

  get remoteAddress(): string {
    return joinAddress(this.#remoteHost, this.#remotePort);
  }

  isOpen(): boolean {
    return this.#isOpen;
  }

  /** Hot. */
  send(message: OutboundMessage): SendStatus {
    if (!this.#isOpen || this.#native.bufferedAmount > this.#maxBufferedBytes) return 'dropped';
    this.#native.send(message.payload, sendOptions(message), this.#written);
    const buffered = this.#native.bufferedAmount;
    if (this.#corks > 0) return this.#corkedStatus(buffered);
    this.#isBehind = buffered > 0;
    return this.#isBehind ? 'buffered' : 'sent';
  }

  /** Sends what a topic brings: held back until the tick is over. False when the limit is reached and the message gone. */
  deliver(message: OutboundMessage): boolean {
    this.#context.tickCork.hold(this);
    return this.send(message) !== 'dropped';
  }

  bufferedBytes(): number {
    return this.#isOpen ? this.#native.bufferedAmount : 0;
  }

  cork(writes: () => void): void {
    if (!this.#isOpen) return;
    this.hold();
    try {
      writes();
    } finally {
      this.release();
    }
  }

  hold(): void {
    if (this.#corks === 0) this.#bytesBeforeCork = this.#native.bufferedAmount;
    this.#corks += 1;
    this.#stream.cork();
  }

  release(): void {
    this.#corks -= 1;
    this.#stream.uncork();
    if (this.#corks === 0 && this.#native.bufferedAmount > 0) this.#isBehind = true;
  }

  subscribe(topic: string): void {
    if (this.#isOpen) this.#context.topics.subscribe(this, topic);
  }

  unsubscribe(topic: string): void {
    this.#context.topics.unsubscribe(this, topic);
  }

  end(code: number, reason: string): void {
    if (!this.#isOpen) return;
    const fitted = fitCloseReason(reason);
    this.#native.close(code, fitted);
    this.resume();
    this.closed(code, fitted, false);
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
    this.#context.topics.leave(this);
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

  #corkedStatus(buffered: number): SendStatus {
    if (buffered - this.#bytesBeforeCork > CORK_BYTES) this.#flushCork();
    if (this.#bytesBeforeCork === 0) return 'sent';
    this.#isBehind = true;
    return 'buffered';
  }

  #flushCork(): void {
    for (let i = 0; i < this.#corks; i += 1) this.#stream.uncork();
    this.#bytesBeforeCork = this.#native.bufferedAmount;
    for (let i = 0; i < this.#corks; i += 1) this.#stream.cork();
  }

  #drained(): void {
    if (!this.#isBehind || !this.#isOpen) return;
    this.#isBehind = this.#native.bufferedAmount > 0;
    this.#context.guarded.drain(this);
  }
}

function sendOptions(message: OutboundMessage): SendOptions {
  if (message.binary) return message.compress ? BINARY_DEFLATED : BINARY;
  return message.compress ? TEXT_DEFLATED : TEXT;
}
