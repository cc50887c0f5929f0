import { EventStream } from '../support/event-stream.mjs';

/**
 * The embedded sink as the broker: read from `GET /events`. It has nothing that could be restarted.
 */
export class MemoryEvents {
  #onEvent;
  #stream;
  config = {};
  restarts = 0;

  constructor(onEvent) {
    this.#onEvent = onEvent;
  }

  async follow(port) {
    this.#stream = await EventStream.follow(port, (action, event, id) => this.#onEvent(event, id));
  }

  async restart() {}

  async stop() {
    this.#stream.stop();
    await this.#stream.ended;
  }
}
