import type { Socket } from 'node:net';
import { errorMessage } from '../../core/error.js';
import { FRAME_HEAD_BYTES, FrameReader, writeFrameHead, type Frame } from '../calls/frame.js';
import { MOST_FRAME_BYTES } from './link-frames.js';

/** A frame to send. What is left out is 0 or empty. */
export interface OutgoingFrame {
  readonly kind: number;
  readonly flags?: number;
  readonly op?: number;
  readonly call?: number;
  readonly deadlineMs?: number;
  /** Must not change until the end of the tick; from `UNCOPIED_BYTES` on it must never change. */
  readonly body?: Uint8Array;
}

export interface FrameLinkDeps {
  /** The socket that the other side writes to. */
  readonly input: Socket;
  /**
   * A socket of its own for what this side writes: when the other process is gone, a failed write
   * must not end the reading of what it left.
   */
  readonly output: Socket;
  /** Number of the worker at one end. */
  readonly worker: number;
}

/** Bodies from this size on are written without a copy. */
export const UNCOPIED_BYTES = 256 * 1024;
/** Bytes that wait for a process that does not read, from which on `hasRoom` is false. */
const MOST_UNWRITTEN_BYTES = 64 * 1024 * 1024;
/** Longest wait for the end of the input once the output is gone. */
const END_MS = 5_000;
const NOTHING = new Uint8Array(0);

type FrameHandler = (frame: Frame) => void;

/**
 * Frames between the supervisor and one worker, in their order. What a tick sends leaves as one
 * write at its end.
 */
export class FrameLink {
  readonly worker: number;
  readonly #input: Socket;
  readonly #output: Socket;
  readonly #reader = new FrameReader(MOST_FRAME_BYTES);
  readonly #handlers: (FrameHandler | undefined)[] = [];
  readonly #owing: (() => void)[] = [];
  readonly #closedListeners: ((reason: string) => void)[] = [];
  #frames: Frame[] = [];
  #queuedBytes = 0;
  #scheduled: NodeJS.Immediate | undefined;
  #closed: string | undefined;
  #reason = 'the other process closed the link';
  #isEnding = false;

  constructor({ input, output, worker }: FrameLinkDeps) {
    this.worker = worker;
    this.#input = input;
    this.#output = output;
    input.on('data', (chunk: Buffer) => this.#read(chunk));
    input.on('error', (error) => this.#note(error));
    input.on('close', () => this.#end());
    output.on('error', (error) => this.#note(error));
    output.on('close', () => setTimeout(() => input.destroy(), END_MS).unref());
    output.resume();
  }

  /** Sets the handler of a kind of frames. Frames without a handler are ignored. */
  handle(kind: number, handler: FrameHandler): void {
    this.#handlers[kind] = handler;
  }

  /**
   * Adds a listener that is called once, after everything that was read is handled; at once when
   * that was before.
   */
  onClosed(listener: (reason: string) => void): void {
    if (this.#closed === undefined) this.#closedListeners.push(listener);
    else listener(this.#closed);
  }

  /**
   * Adds a listener that is called before each write. What it sends comes before the other frames
   * of the tick: events precede the answer to the call that caused them.
   */
  beforeWrite(listener: () => void): void {
    this.#owing.push(listener);
  }

  get isClosed(): boolean {
    return this.#closed !== undefined;
  }

  /** Queues a frame for the write of this tick. Does nothing once the link is closed. */
  send({ kind, flags = 0, op = 0, call = 0, deadlineMs = 0, body = NOTHING }: OutgoingFrame): void {
    if (this.#closed !== undefined) return;
    this.#queuedBytes += FRAME_HEAD_BYTES + body.length;
    this.#frames.push({ kind, flags, op, call, deadlineMs, body, fromNode: this.worker, fromBoot: 0, place: 0 });
    this.wake();
  }

  /** False when the other process is gone, or reads too slowly for what waits to be written. */
  get hasRoom(): boolean {
    return this.#closed === undefined && this.#queuedBytes + this.#output.writableLength < MOST_UNWRITTEN_BYTES;
  }

  /** Makes a write, and so calls the listeners of `beforeWrite`, at the end of this tick. */
  wake(): void {
    this.#scheduled ??= setImmediate(() => this.flush());
  }

  /** Writes what this tick owes now. */
  flush(): void {
    clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    const queued = this.#frames;
    this.#frames = [];
    for (const owe of this.#owing) owe();
    clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    const frames = queued.length === 0 ? this.#frames : [...this.#frames, ...queued];
    if (frames.length > 0 && this.#closed === undefined) this.#write(frames);
    this.#frames = [];
    this.#queuedBytes = 0;
  }

  /** Writes what is left and ends the output. The link closes when the other side has ended too. */
  end(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.flush();
    this.#output.end();
  }

  destroy(reason: string): void {
    this.#reason = reason;
    this.#output.destroy();
    this.#input.destroy();
  }

  #write(frames: readonly Frame[]): void {
    this.#output.cork();
    let from = 0;
    for (const [index, { body }] of frames.entries()) {
      if (body.length < UNCOPIED_BYTES) continue;
      this.#output.write(encodeAll(frames, from, index, true));
      this.#output.write(body);
      from = index + 1;
    }
    if (from < frames.length) this.#output.write(encodeAll(frames, from, frames.length, false));
    this.#output.uncork();
  }

  #read(chunk: Uint8Array): void {
    try {
      for (const frame of this.#reader.push(chunk)) this.#handlers[frame.kind]?.(frame);
    } catch (error) {
      this.destroy(errorMessage(error));
    }
  }

  #note(error: unknown): void {
    this.#reason = errorMessage(error);
  }

  #end(): void {
    this.#closed = this.#reason;
    clearImmediate(this.#scheduled);
    this.#output.destroy();
    for (const listener of this.#closedListeners.splice(0)) listener(this.#reason);
  }
}

/** Encodes the frames of a range; with `headOfNext` also the head of the frame after it. */
function encodeAll(frames: readonly Frame[], from: number, end: number, headOfNext: boolean): Buffer {
  let size = headOfNext ? FRAME_HEAD_BYTES : 0;
  for (let index = from; index < end; index += 1) size += FRAME_HEAD_BYTES + (frames[index]?.body.length ?? 0);
  const bytes = Buffer.allocUnsafe(size);
  let at = 0;
  for (let index = from; index < end; index += 1) {
    const frame = frames[index];
    if (frame === undefined) continue;
    at = writeFrameHead(bytes, at, frame);
    bytes.set(frame.body, at);
    at += frame.body.length;
  }
  const next = headOfNext ? frames[end] : undefined;
  if (next !== undefined) writeFrameHead(bytes, at, next);
  return bytes;
}
