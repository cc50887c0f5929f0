import type { OutboundMessage } from '../transport/socket.js';
import { messageCost } from './message.js';

/**
 * How a queue is served. `gathering`: once at the end of the tick. `congested`: as the socket
 * drains. `closing`: nothing more is taken; what waits leaves as the socket drains, then the close
 * frame. `closed`: the close frame has left.
 */
export type QueueState = 'gathering' | 'congested' | 'closing' | 'closed';

/**
 * What waits for one connection, oldest first. Lives only while something waits or the connection
 * is congested or closing.
 */
export class SendQueue {
  state: QueueState = 'gathering';
  /**
   * Undefined where a message was taken, so that none is kept alive until the array is compacted.
   */
  #messages: (OutboundMessage | undefined)[] = [];
  #head = 0;
  #bytes = 0;

  get length(): number {
    return this.#messages.length - this.#head;
  }

  /** The cost of all that waits. */
  get bytes(): number {
    return this.#bytes;
  }

  push(message: OutboundMessage): void {
    this.#messages.push(message);
    this.#bytes += messageCost(message);
  }

  /** Takes the oldest; undefined when nothing waits. */
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
   * Takes all, oldest first. `use` may clear the queue: then what is left is not handed over. Hot:
   * measured by bench/fan-out.
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
   * Array.shift moves all that follows; the taken part is cut off only once it is half of a long
   * array.
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
