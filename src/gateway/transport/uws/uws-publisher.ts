import type { OutboundMessage } from '../socket.js';

/**
 * Number of messages that the library buffers for a socket until the turn ends. One more makes it
 * write them all at once.
 */
const LIBRARY_KEEPS = 32;
/**
 * Limit on gathered bytes. They are not yet part of a socket's buffered bytes, which delivery
 * limits.
 */
const MOST_GATHERED_BYTES = 256 * 1024;
const MESSAGE_OVERHEAD_BYTES = 16;

interface Published {
  readonly topic: string;
  readonly message: OutboundMessage;
}

/**
 * Publishes to topics of uWebSockets.js. After the first 31 messages of a turn, it gathers the rest
 * until the turn ends. Requests and client messages are handled while the library has another
 * socket corked; a write in that state costs one system call per message and socket, 5 to 8 times
 * as much. At the end of the turn nothing is corked and the library writes 32 messages at a time.
 * Every other operation on a socket calls `settle` first, which keeps the order. Measured by
 * bench/fan-out with 40 and 128 in flight.
 */
export class UwsPublisher {
  readonly #publishNow: (topic: string, message: OutboundMessage) => void;
  #gathered: Published[] = [];
  #gatheredBytes = 0;
  #publishedInTurn = 0;
  #turnEnd: NodeJS.Immediate | undefined;
  readonly #endTurn = (): void => {
    this.#turnEnd = undefined;
    this.#publishedInTurn = 0;
    this.settle();
  };

  constructor(publishNow: (topic: string, message: OutboundMessage) => void) {
    this.#publishNow = publishNow;
  }

  /** Hot path: the library does the work per member. */
  publish(topic: string, message: OutboundMessage): void {
    this.#turnEnd ??= setImmediate(this.#endTurn);
    this.#publishedInTurn += 1;
    if (this.#publishedInTurn < LIBRARY_KEEPS) {
      this.#publishNow(topic, message);
      return;
    }
    this.#gathered.push({ topic, message });
    this.#gatheredBytes += message.payload.byteLength + MESSAGE_OVERHEAD_BYTES;
    if (this.#gatheredBytes > MOST_GATHERED_BYTES) this.settle();
  }

  /** Passes the gathered messages to the library, which keeps the order from there on. */
  settle(): void {
    if (this.#gathered.length === 0) return;
    const gathered = this.#gathered;
    this.#gathered = [];
    this.#gatheredBytes = 0;
    for (const { topic, message } of gathered) this.#publishNow(topic, message);
  }

  stop(): void {
    clearImmediate(this.#turnEnd);
    this.#gathered = [];
  }
}
