import { isUtf8 } from 'node:buffer';
import { FrameAssembly, unmaskInto } from './frame-assembly.js';
import { BAD_CONTINUATION, BAD_TEXT, CLOSE, PING, readHead, tooLong, type FrameHead } from './frame-head.js';
import type { Inflated, InflateBudget, Inflater } from './inflater.js';

/** Who takes what a client sends. */
export interface FrameSink {
  /** A whole message; the bytes are its own. Text is UTF-8. */
  message(payload: Buffer, binary: boolean): void;
  ping(payload: Buffer): void;
  /**
   * A frame for the library: a close frame, or one that breaks the protocol, which it answers by
   * closing. Nothing is read after it.
   */
  passOn(frame: Buffer): void;
  /** Stops and goes on reading from the network. */
  stopReading(): void;
  goOnReading(): void;
}

/**
 * Frames of a client that bring little or nothing: control frames, and fragments without an end
 * below `SMALL_BYTES`. After so many the rest of `IDLE_WINDOW_MS` is waited for.
 */
const IDLE_FRAMES = 2_048;
const IDLE_WINDOW_MS = 125;
const SMALL_BYTES = 64;

/** What all readers of an endpoint share. */
export interface FrameReaderOptions {
  readonly maxMessageBytes: number;
  readonly inflater: Inflater;
}

/**
 * Reads a client's frames (RFC 6455 5.2): data frames and pings here, close frames and everything
 * that breaks the protocol by the library. Stops between two frames while it is paused or a message
 * is being inflated, so that at most one read and one message of a connection are in memory. Hot:
 * measured by bench/inbound; held against the library's receiver by frame-reader.property.test.ts.
 */
export class FrameReader {
  readonly #options: FrameReaderOptions;
  readonly #sink: FrameSink;
  readonly #deflates: boolean;
  /** What was read and is not walked yet. */
  #rest: Buffer | undefined;
  #assembly: FrameAssembly | undefined;
  /** Of the frame whose payload is being gathered. */
  #head: FrameHead | undefined;
  #remaining = 0;
  /** The opcode of the message under way; 0 between messages. */
  #opcode = 0;
  #isDeflated = false;
  #budget: InflateBudget | undefined;
  #isInflating = false;
  /** Frames that brought little since `#idleSince`. */
  #idleFrames = 0;
  #idleSince = 0;
  /** It sent too many of them: it is not read for a moment. */
  #isSlowed = false;
  #isPaused = false;
  #isWalking = false;
  /** Reading from the network has been stopped. */
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

  /** Takes what the network brought. */
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

  /** The connection is lost: hands over what was read before, as far as that needs no waiting. */
  finish(): void {
    this.#isPaused = false;
    this.#isSlowed = false;
    // What is left is at most one read.
    this.#idleFrames = Number.NEGATIVE_INFINITY;
    this.#goOn();
    this.#isOver = true;
    this.#rest = undefined;
  }

  /**
   * Walks what can be walked; reads on afterwards if nothing stands against it. What a message
   * causes may lead here again.
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

  /** Up to where the bytes are walked. */
  #walk(bytes: Buffer): number {
    let at = 0;
    while (at < bytes.length && !this.#isStalled && !this.#isOver) {
      const next = this.#head === undefined ? this.#readFrame(bytes, at) : this.#gather(bytes, at);
      if (next === at) break;
      at = next;
    }
    return at;
  }

  /** The beginning of a frame, waiting for the rest, must not keep a read of 64 KiB alive. */
  #keepSmall(): void {
    const rest = this.#rest;
    if (rest !== undefined && rest.buffer.byteLength > 2 * rest.length) this.#rest = Buffer.from(rest);
  }

  /** Where the next frame begins; `at` when the head, or a control frame, is not all there. */
  #readFrame(bytes: Buffer, at: number): number {
    const head = readHead(bytes, at, this.#deflates);
    if (head === undefined) return at;
    if (head === 'broken') return this.#end(bytes.subarray(at, at + 2), bytes.length);
    const start = at + head.bytes;
    if (head.opcode >= CLOSE) return this.#readControl(bytes, at, head);
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
    if (head.opcode === CLOSE) return this.#end(bytes.subarray(at, end), bytes.length);
    if (head.opcode !== PING) return end;
    const payload = Buffer.allocUnsafe(head.size);
    unmaskInto(payload, 0, bytes, { start, end, mask: head.mask, maskAt: 0 });
    this.#sink.ping(payload);
    return end;
  }

  /** Slows a client down that makes work with next to no bytes. */
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

  /** The library has the last word; answers with `end`. Its own copy, for it unmasks in place. */
  #end(frame: Buffer, end: number): number {
    this.#isOver = true;
    this.#rest = undefined;
    this.#assembly = undefined;
    this.#sink.passOn(Buffer.from(frame));
    return end;
  }
}
