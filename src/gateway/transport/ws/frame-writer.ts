import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { wireFrames, type MessageBatch } from './message-batch.js';
import type { OutboundMessage } from '../socket.js';
import { makePong, PING_FRAME } from '../ws-frame.js';

/** A peer with more unread bytes than this gets a pong for its last ping only (RFC 6455 5.5.3). */
const MOST_UNREAD_PONG_BYTES = 64 * 1024;
const NOTHING = Buffer.alloc(0);
/**
 * Node's TLS reports only in a later turn that the kernel has accepted a write, so up to one TLS
 * record (RFC 8446 5.1) counts as accepted. Otherwise each small message would count as buffered,
 * which costs a second write and system call. Measured by bench/fan-out-tls.
 */
const UNTOLD_TLS_BYTES = 16 * 1024;

export interface FrameWriterDeps {
  readonly stream: Duplex;
  /** The negotiated compression window, or `PLAIN`. */
  readonly windowBits: number;
  /** Provides batches that sockets with the same messages share. */
  readonly batches: { batchOf(messages: readonly OutboundMessage[]): MessageBatch };
}

/** The owner of a writer, notified of its progress. */
export interface WriterOwner {
  drained(): void;
  caughtUp(): void;
}

/** Writes data frames and pongs of one socket, in order even while a message is being deflated. */
export class FrameWriter {
  readonly #stream: Duplex;
  readonly #untoldBytes: number;
  readonly #windowBits: number;
  readonly #batches: FrameWriterDeps['batches'];
  readonly #owner: WriterOwner;
  /** Whether the kernel has not accepted everything; `#drained` is called when it has. */
  #isBehind = false;
  /** Messages that wait for the first of them to be deflated. */
  #waiting: OutboundMessage[] | undefined;
  #waitingBytes = 0;
  /** Pongs to write together after this tick. */
  #pongs: Buffer[] | undefined;
  /** The pong for the last ping of a peer that does not read. */
  #owedPong: Buffer | undefined;

  constructor({ stream, windowBits, batches }: FrameWriterDeps, owner: WriterOwner) {
    this.#stream = stream;
    this.#untoldBytes = stream instanceof TLSSocket ? UNTOLD_TLS_BYTES : 0;
    this.#windowBits = windowBits;
    this.#batches = batches;
    this.#owner = owner;
  }

  /** Bytes that the kernel has not accepted, and those that wait to be deflated. */
  get bufferedBytes(): number {
    return this.#unwrittenBytes + this.#waitingBytes;
  }

  get #unwrittenBytes(): number {
    const bytes = this.#stream.writableLength;
    return bytes > this.#untoldBytes ? bytes : 0;
  }

  /** Whether messages wait for one to be deflated. */
  get isWaiting(): boolean {
    return this.#waiting !== undefined;
  }

  /** Hot path: one write for all messages of the batch. */
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
    if (this.#stream.writable) this.#writeBytes(PING_FRAME);
  }

  /** Writes pending pongs. Nothing may be written after a close frame. */
  writePongs(): void {
    const pongs = this.#pongs;
    this.#pongs = undefined;
    if (pongs !== undefined && this.#stream.writable) this.#writeBytes(Buffer.concat(pongs));
  }

  #writeBytes(bytes: Buffer): void {
    this.#stream.write(bytes);
    if (this.#unwrittenBytes > 0) this.#fallBehind();
  }

  /** The callback of an empty write runs when the kernel has accepted everything before it. */
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
   * Writes up to the first message that is still being deflated; the rest follows when it is ready.
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

  /** Continues after the message at the front was deflated. */
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
