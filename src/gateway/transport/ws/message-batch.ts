import type { OutboundMessage } from '../socket.js';
import { WireFrames } from '../ws-frame.js';

/**
 * Messages that are written together, in order. Their frames are joined once for all sockets that
 * get the same messages.
 */
export class MessageBatch {
  readonly messages: readonly OutboundMessage[];
  /** By window bits. */
  #joined: (Buffer | undefined)[] = [];
  #bytes = -1;

  constructor(messages: readonly OutboundMessage[]) {
    this.messages = messages;
  }

  /** Payload bytes. */
  get bytes(): number {
    if (this.#bytes < 0) this.#bytes = this.messages.reduce((sum, { payload }) => sum + payload.byteLength, 0);
    return this.#bytes;
  }

  /**
   * Returns all frames for a socket with this window; undefined while one of them is being
   * deflated. Hot path: measured by bench/fan-out.
   */
  joined(windowBits: number): Buffer | undefined {
    let joined = this.#joined[windowBits];
    if (joined === undefined) {
      joined = join(this.messages, windowBits);
      this.#joined[windowBits] = joined;
    }
    return joined;
  }

  /** Whether the batch consists of exactly these messages. */
  holds(messages: readonly OutboundMessage[]): boolean {
    const own = this.messages;
    if (own.length !== messages.length) return false;
    for (let i = 0; i < own.length; i += 1) if (own[i] !== messages[i]) return false;
    return true;
  }
}

/** Returns the frames of a message, created once and cached on it. */
export function wireFrames(message: OutboundMessage): WireFrames {
  message.wire ??= new WireFrames(message.payload, message.binary, message.compress);
  return message.wire;
}

function join(messages: readonly OutboundMessage[], windowBits: number): Buffer | undefined {
  const frames: Buffer[] = [];
  let bytes = 0;
  for (const message of messages) {
    const frame = wireFrames(message).frame(windowBits);
    if (frame === undefined) return undefined;
    frames.push(frame);
    bytes += frame.byteLength;
  }
  const [first] = frames;
  if (frames.length === 1) return first;
  const joined = Buffer.allocUnsafeSlow(bytes);
  let at = 0;
  for (const frame of frames) {
    joined.set(frame, at);
    at += frame.byteLength;
  }
  return joined;
}
