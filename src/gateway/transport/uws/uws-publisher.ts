import type { OutboundMessage } from '../socket.js';

/**
 * The library keeps this many messages for a socket until the turn ends. One more makes it write
 * all of them at once.
 */
const LIBRARY_KEEPS = 32;
/**
 * Gathered bytes are no part of a socket's buffered bytes yet, which delivery bounds: so they are
 * few.
 */
const MOST_GATHERED_BYTES = 256 * 1024;
const MESSAGE_OVERHEAD_BYTES = 16;

interface Published {
  readonly topic: string;
  readonly message: OutboundMessage;
}

/**
 * Publishes to topics of uWebSockets.js, past the first 31 messages of a turn only when the turn
 * ends. Requests and client messages are handled while the library has another socket corked. If it
 * has to write in there, each message costs a system call for each socket: 5 to 8 times as much. At
 * the end of the turn nothing is corked, and it writes 32 messages at a time. Whatever else is done
 * with a socket calls `settle` first, which keeps the order. Measured by bench/fan-out with 40 and
 * 128 in flight.
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

  /** Hot: the library does the work for each member. */
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

  /**
   * Gives the library what was gathered: it keeps the order of publishing and sending from there
   * on.
   */
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
