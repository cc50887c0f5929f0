import type { OutboundMessage } from '../transport/socket.js';
import { messageCost } from './message.js';

/**
 * State of a queue. `gathering`: written at the end of the tick. `congested`: written as the socket
 * drains. `closing`: accepts no messages; the rest is written as the socket drains, then the close
 * frame. `closed`: the close frame is written.
 */
export type QueueState = 'gathering' | 'congested' | 'closing' | 'closed';

/**
 * Messages queued for one connection, oldest first. Exists only while there are any or the
 * connection is congested or closing.
 */
export class SendQueue {
  state: QueueState = 'gathering';
  /**
   * Undefined where a message was removed, so that it is not kept alive until the array is
   * compacted.
   */
  #messages: (OutboundMessage | undefined)[] = [];
  #head = 0;
  #bytes = 0;

  get length(): number {
    return this.#messages.length - this.#head;
  }

  /** Cost of all queued messages in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  push(message: OutboundMessage): void {
    this.#messages.push(message);
    this.#bytes += messageCost(message);
  }

  /** Removes and returns the oldest message; undefined when empty. */
  shift(): OutboundMessage | undefined {
    const message = this.#messages[this.#head];
    if (message === undefined) return undefined;
    this.#messages[this.#head] = undefined;
    this.#head += 1;
    this.#bytes -= messageCost(message);
    this.#compact();
    return message;
  }

  /**
   * Removes all messages and passes them to `use`, oldest first. If `use` clears the queue, the
   * rest is not passed on. Hot path: measured by bench/fan-out.
   */
  takeAll(use: (message: OutboundMessage) => void): void {
    while (this.#head < this.#messages.length) {
      const message = this.#messages[this.#head];
      this.#head += 1;
      if (message !== undefined) use(message);
    }
    this.clear();
  }

  clear(): void {
    this.#messages.length = 0;
    this.#head = 0;
    this.#bytes = 0;
  }

  /**
   * Removes the empty part of the array once it is half of a long array, because Array.shift would
   * move all following elements each time.
   */
  #compact(): void {
    if (this.#head === this.#messages.length) {
      this.#messages.length = 0;
      this.#head = 0;
    } else if (this.#head >= 1024 && this.#head * 2 >= this.#messages.length) {
      this.#messages = this.#messages.slice(this.#head);
      this.#head = 0;
    }
  }
}
