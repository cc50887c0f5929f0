import { isUtf8 } from 'node:buffer';
import { FrameAssembly, unmaskInto } from './frame-assembly.js';
import {
  BAD_CONTINUATION,
  BAD_TEXT,
  OPCODE_CLOSE,
  OPCODE_PING,
  readHead,
  tooLong,
  type FrameHead,
} from './frame-head.js';
import type { Inflated, InflateBudget, Inflater } from './inflater.js';

/** Receives what a client sends. */
export interface FrameSink {
  /** Receives a complete message, with memory of its own. Text is valid UTF-8. */
  message(payload: Buffer, binary: boolean): void;
  ping(payload: Buffer): void;
  /**
   * Receives a frame for the library: a close frame, or one that breaks the protocol, which the
   * library answers by closing. Nothing is read after it.
   */
  passOn(frame: Buffer): void;
  /** Stops reading from the network. */
  stopReading(): void;
  goOnReading(): void;
}

/**
 * Limit on frames with little or no payload: control frames, and non-final fragments below
 * `SMALL_BYTES`. A client that reaches it within `IDLE_WINDOW_MS` is not read for the rest of that
 * time.
 */
const IDLE_FRAMES = 2_048;
const IDLE_WINDOW_MS = 125;
const SMALL_BYTES = 64;

/** Options shared by all readers of an endpoint. */
export interface FrameReaderOptions {
  readonly maxMessageBytes: number;
  readonly inflater: Inflater;
}

/**
 * Reads a client's frames (RFC 6455 5.2). It handles data frames and pings; close frames and
 * protocol errors go to the library. It stops between two frames while it is paused or a message is
 * being inflated, so that at most one read and one message per connection are in memory. Hot path:
 * measured by bench/inbound, compared with the library's receiver by
 * frame-reader.property.slow.test.ts.
 */
export class FrameReader {
  readonly #options: FrameReaderOptions;
  readonly #sink: FrameSink;
  readonly #deflates: boolean;
  /** Bytes read but not parsed yet. */
  #rest: Buffer | undefined;
  #assembly: FrameAssembly | undefined;
  /** Head of the frame whose payload is being assembled. */
  #head: FrameHead | undefined;
  #remaining = 0;
  /** Opcode of the current message; 0 between messages. */
  #opcode = 0;
  #isDeflated = false;
  #budget: InflateBudget | undefined;
  #isInflating = false;
  /** Frames with little payload since `#idleSince`. */
  #idleFrames = 0;
  #idleSince = 0;
  /** Whether the client sent too many of them and is not read for now. */
  #isSlowed = false;
  #isPaused = false;
  #isWalking = false;
  /** Whether reading from the network is stopped. */
  #isStopped = false;
  #isOver = false;

  constructor(options: FrameReaderOptions, sink: FrameSink, deflates: boolean) {
    this.#options = options;
    this.#sink = sink;
    this.#deflates = deflates;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Takes bytes from the network. */
  feed(chunk: Buffer): void {
    if (this.#isOver) return;
    this.#rest = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#goOn();
  }

  pause(): void {
    this.#isPaused = !this.#isOver;
    this.#stopIfStalled();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#goOn();
  }

  /** Delivers what was read before the connection was lost, as far as that needs no waiting. */
  finish(): void {
    this.#isPaused = false;
    this.#isSlowed = false;
    // At most one read is left, so idle frames are no longer limited.
    this.#idleFrames = Number.NEGATIVE_INFINITY;
    this.#goOn();
    this.#isOver = true;
    this.#rest = undefined;
  }

  /**
   * Parses what can be parsed, then resumes reading unless stalled. May be re-entered by what a
   * message causes.
   */
  #goOn(): void {
    if (this.#isWalking) return;
    this.#isWalking = true;
    const bytes = this.#rest;
    this.#rest = undefined;
    const at = bytes === undefined ? 0 : this.#walk(bytes);
    this.#isWalking = false;
    if (bytes !== undefined && at < bytes.length && !this.#isOver) this.#rest = bytes.subarray(at);
    this.#keepSmall();
    if (!this.#isStopped || this.#isStalled) return;
    this.#isStopped = false;
    this.#sink.goOnReading();
  }

  get #isStalled(): boolean {
    return this.#isPaused || this.#isInflating || this.#isSlowed;
  }

  #stopIfStalled(): void {
    if (this.#isStopped || !this.#isStalled) return;
    this.#isStopped = true;
    this.#sink.stopReading();
  }

  /** Parses frames and returns the offset of the first unparsed byte. */
  #walk(bytes: Buffer): number {
    let at = 0;
    while (at < bytes.length && !this.#isStalled && !this.#isOver) {
      const next = this.#head === undefined ? this.#readFrame(bytes, at) : this.#gather(bytes, at);
      if (next === at) break;
      at = next;
    }
    return at;
  }

  /** Copies a small rest, so that an incomplete frame does not keep a read of 64 KiB alive. */
  #keepSmall(): void {
    const rest = this.#rest;
    if (rest !== undefined && rest.buffer.byteLength > 2 * rest.length) this.#rest = Buffer.from(rest);
  }

  /**
   * Returns the start of the next frame, or `at` when the head or a control frame is incomplete.
   */
  #readFrame(bytes: Buffer, at: number): number {
    const head = readHead(bytes, at, this.#deflates);
    if (head === undefined) return at;
    if (head === 'broken') return this.#end(bytes.subarray(at, at + 2), bytes.length);
    const start = at + head.bytes;
    if (head.opcode >= OPCODE_CLOSE) return this.#readControl(bytes, at, head);
    const isContinuation = head.opcode === 0;
    if (isContinuation !== (this.#opcode !== 0)) return this.#end(BAD_CONTINUATION, bytes.length);
    if (head.size > this.#options.maxMessageBytes)
      return this.#end(tooLong(this.#options.maxMessageBytes), bytes.length);
    if (!isContinuation && head.isFinal && start + head.size <= bytes.length)
      return this.#takeWhole(bytes, start, head);
    return this.#begin(head, start, bytes.length);
  }

  #takeWhole(bytes: Buffer, start: number, { size, mask, opcode, isDeflated }: FrameHead): number {
    const end = start + size;
    const payload = Buffer.allocUnsafe(size);
    unmaskInto(payload, 0, bytes, { start, end, mask, maskAt: 0 });
    if (isDeflated) this.#inflate(payload, opcode);
    else this.#deliver(payload, opcode);
    return end;
  }

  #begin(head: FrameHead, start: number, length: number): number {
    if (!head.isFinal && head.size < SMALL_BYTES) this.#countIdle();
    if (this.#opcode === 0) {
      this.#opcode = head.opcode;
      this.#isDeflated = head.isDeflated;
    }
    this.#assembly ??= new FrameAssembly();
    const total = this.#assembly.length + head.size;
    if (total > this.#options.maxMessageBytes) return this.#end(tooLong(this.#options.maxMessageBytes), length);
    this.#head = head;
    this.#remaining = head.size;
    if (head.size === 0) this.#endFrame(head);
    return start;
  }

  #gather(bytes: Buffer, at: number): number {
    const head = this.#head;
    if (head === undefined) return at;
    const end = Math.min(bytes.length, at + this.#remaining);
    const maskAt = (head.size - this.#remaining) & 3;
    this.#assembly?.append(bytes, { start: at, end, mask: head.mask, maskAt });
    this.#remaining -= end - at;
    if (this.#remaining === 0) this.#endFrame(head);
    return end;
  }

  #endFrame({ isFinal }: FrameHead): void {
    this.#head = undefined;
    if (!isFinal) return;
    const opcode = this.#opcode;
    const payload = this.#assembly?.take() ?? Buffer.alloc(0);
    this.#opcode = 0;
    this.#assembly = undefined;
    if (this.#isDeflated) this.#inflate(payload, opcode);
    else this.#deliver(payload, opcode);
  }

  #readControl(bytes: Buffer, at: number, head: FrameHead): number {
    const start = at + head.bytes;
    const end = start + head.size;
    if (end > bytes.length) return at;
    this.#countIdle();
    if (head.opcode === OPCODE_CLOSE) return this.#end(bytes.subarray(at, end), bytes.length);
    if (head.opcode !== OPCODE_PING) return end;
    const payload = Buffer.allocUnsafe(head.size);
    unmaskInto(payload, 0, bytes, { start, end, mask: head.mask, maskAt: 0 });
    this.#sink.ping(payload);
    return end;
  }

  /** Slows down a client that causes work with almost no bytes. */
  #countIdle(): void {
    if (this.#idleFrames === 0) this.#idleSince = performance.now();
    this.#idleFrames += 1;
    if (this.#idleFrames < IDLE_FRAMES) return;
    const leftMs = this.#idleSince + IDLE_WINDOW_MS - performance.now();
    this.#idleFrames = 0;
    if (leftMs <= 0) return;
    this.#isSlowed = true;
    this.#stopIfStalled();
    setTimeout(() => {
      this.#isSlowed = false;
      this.#goOn();
    }, leftMs).unref();
  }

  #inflate(payload: Buffer, opcode: number): void {
    const { inflater, maxMessageBytes } = this.#options;
    this.#budget ??= inflater.newBudget();
    const inflated = inflater.inflateNow(payload, maxMessageBytes, this.#budget);
    if (inflated !== undefined) {
      this.#takeInflated(inflated, opcode);
      return;
    }
    this.#isInflating = true;
    this.#stopIfStalled();
    inflater.inflate(payload, { maxBytes: maxMessageBytes, budget: this.#budget }, (later) => {
      this.#isInflating = false;
      if (this.#isOver) return;
      this.#takeInflated(later, opcode);
      this.#goOn();
    });
  }

  #takeInflated(inflated: Inflated, opcode: number): void {
    if (inflated === 'too-large') this.#end(tooLong(this.#options.maxMessageBytes), 0);
    else if (inflated === 'invalid') this.#end(BAD_TEXT, 0);
    else this.#deliver(inflated, opcode);
  }

  #deliver(payload: Buffer, opcode: number): void {
    const isBinary = opcode === 2;
    if (isBinary || isUtf8(payload)) this.#sink.message(payload, isBinary);
    else this.#end(BAD_TEXT, 0);
  }

  /**
   * Passes the last frame to the library, as a copy, because the library unmasks in place. Returns
   * `end`.
   */
  #end(frame: Buffer, end: number): number {
    this.#isOver = true;
    this.#rest = undefined;
    this.#assembly = undefined;
    this.#sink.passOn(Buffer.from(frame));
    return end;
  }
}
