import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { wireFrames, type MessageBatch } from './message-batch.js';
import type { OutboundMessage } from '../socket.js';
import { makePong, PING } from '../ws-frame.js';

/**
 * A peer that leaves more than this unread gets a pong for its last ping alone (RFC 6455 5.5.3).
 */
const MOST_UNREAD_PONG_BYTES = 64 * 1024;
const NOTHING = Buffer.alloc(0);
/**
 * TLS on Node tells of each write only in a later turn that the kernel has taken it, so up to one
 * record of TLS (RFC 8446 5.1) counts as taken. Otherwise each small message would fall behind,
 * which costs a second write and a second system call. Measured by bench/fan-out-tls.
 */
const UNTOLD_TLS_BYTES = 16 * 1024;

/** What a writer works with. */
export interface FrameWriterParts {
  readonly stream: Duplex;
  /** The window of the compression that was negotiated, or `PLAIN`. */
  readonly windowBits: number;
  /** Where sockets that are sent the same messages find them joined. */
  readonly batches: { batchOf(messages: readonly OutboundMessage[]): MessageBatch };
}

/** Whom a writer tells how far it is. */
export interface WriterOwner {
  drained(): void;
  caughtUp(): void;
}

/**
 * Writes data frames and pongs of one socket, in order also where a message is still being
 * deflated.
 */
export class FrameWriter {
  readonly #stream: Duplex;
  readonly #untoldBytes: number;
  readonly #windowBits: number;
  readonly #batches: FrameWriterParts['batches'];
  readonly #owner: WriterOwner;
  /** The kernel has not taken all: `#drained` is called when it has. */
  #isBehind = false;
  /** What waits for a message before it to be deflated, that message first. */
  #waiting: OutboundMessage[] | undefined;
  #waitingBytes = 0;
  /** Pongs that leave together after this tick. */
  #pongs: Buffer[] | undefined;
  /** The answer to the last ping of a peer that does not read. */
  #owedPong: Buffer | undefined;

  constructor({ stream, windowBits, batches }: FrameWriterParts, owner: WriterOwner) {
    this.#stream = stream;
    this.#untoldBytes = stream instanceof TLSSocket ? UNTOLD_TLS_BYTES : 0;
    this.#windowBits = windowBits;
    this.#batches = batches;
    this.#owner = owner;
  }

  /** Bytes that the kernel has not taken, and those that wait to be deflated. */
  get bufferedBytes(): number {
    return this.#unwrittenBytes + this.#waitingBytes;
  }

  get #unwrittenBytes(): number {
    const bytes = this.#stream.writableLength;
    return bytes > this.#untoldBytes ? bytes : 0;
  }

  /** Something waits to be deflated. */
  get isWaiting(): boolean {
    return this.#waiting !== undefined;
  }

  /** Hot: one write for all messages of the batch. */
  write(batch: MessageBatch): void {
    if (this.#waiting !== undefined) {
      this.#wait(this.#waiting, batch.messages);
      return;
    }
    const joined = batch.joined(this.#windowBits);
    if (joined === undefined) this.#writeReady(batch.messages);
    else this.#writeBytes(joined);
  }

  writePong(payload: Buffer): void {
    const pong = makePong(payload);
    if (this.#stream.writableLength > MOST_UNREAD_PONG_BYTES) {
      this.#owedPong = pong;
      this.#fallBehind();
      return;
    }
    if (this.#pongs === undefined) process.nextTick(() => this.writePongs());
    this.#pongs ??= [];
    this.#pongs.push(pong);
  }

  writePing(): void {
    if (this.#stream.writable) this.#writeBytes(PING);
  }

  /** Writes the pongs that are due; nothing may be written once a close frame has left. */
  writePongs(): void {
    const pongs = this.#pongs;
    this.#pongs = undefined;
    if (pongs !== undefined && this.#stream.writable) this.#writeBytes(Buffer.concat(pongs));
  }

  #writeBytes(bytes: Buffer): void {
    this.#stream.write(bytes);
    if (this.#unwrittenBytes > 0) this.#fallBehind();
  }

  /** The callback of an empty write comes when the kernel has taken all that stands before it. */
  #fallBehind(): void {
    if (this.#isBehind) return;
    this.#isBehind = true;
    this.#stream.write(NOTHING, () => this.#drained());
  }

  #drained(): void {
    this.#isBehind = false;
    if (this.#owedPong !== undefined && this.#stream.writable) this.#stream.write(this.#owedPong);
    this.#owedPong = undefined;
    if (this.#unwrittenBytes > 0) this.#fallBehind();
    this.#owner.drained();
  }

  /**
   * Writes up to the first message that is still being deflated; the rest follows when that is
   * ready.
   */
  #writeReady(messages: readonly OutboundMessage[]): void {
    const unready = messages.findIndex((message) => wireFrames(message).frame(this.#windowBits) === undefined);
    const upTo = unready < 0 ? messages.length : unready;
    const joined = upTo > 0 ? this.#batches.batchOf(messages.slice(0, upTo)).joined(this.#windowBits) : undefined;
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
    this.#owner.caughtUp();
    if (!this.#isBehind) this.#owner.drained();
  }
}
