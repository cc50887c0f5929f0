import { setTimeout as sleep } from 'node:timers/promises';

const ROOMS = 10;
const BROADCAST_EACH_MS = 500;
const ANSWER_ONE_IN = 4;
const TAG_ONE_IN = 5;

/**
 * A backend that answers some events, changes the tags of connections, and sends to rooms. Counts
 * the messages that the gateway accepted.
 */
export class Backend {
  #api;
  #isStopping = false;
  #broadcasting;
  #pending = new Set();
  /**
   * Connections that got a room: those of sessions that leave in good order, so that what is sent
   * there can be counted on arrival.
   */
  #inRooms = new Set();
  /** Messages that connections took, as the gateway counts. */
  accepted = 0;
  tagged = 0;
  faults = [];

  constructor(api) {
    this.#api = api;
  }

  start() {
    this.#broadcasting = this.#broadcast();
  }

  event({ action, connection, message }) {
    if (this.#isStopping) return;
    if (action === 'close') this.#inRooms.delete(connection);
    if (action !== 'message' || !message.startsWith('clean.')) return;
    if (!this.#inRooms.has(connection) || Math.random() * TAG_ONE_IN < 1) this.#post(() => this.#enterRoom(connection));
    if (Math.random() * ANSWER_ONE_IN < 1) this.#post(() => this.#send(`id=${connection}`, `answer to ${message}`));
  }

  /** Sends nothing more and waits for what is under way. */
  async stop() {
    this.#isStopping = true;
    await this.#broadcasting;
    await Promise.all(this.#pending);
  }

  async #enterRoom(connection) {
    this.#inRooms.add(connection);
    const room = Math.floor(Math.random() * ROOMS);
    // One tag is replaced, one comes and goes, one has a value of its own each time.
    const tags = { room: `r${room}`, seen: Math.random() < 0.5 ? '' : '1', at: String(Date.now()) };
    const count = await this.#api.post(`/settags?id=${connection}`, new URLSearchParams(tags).toString());
    this.tagged += count;
  }

  async #send(selector, text) {
    const count = await this.#api.post(`/send?${selector}`, text);
    this.accepted += count;
  }

  async #broadcast() {
    while (!this.#isStopping) {
      const room = Math.floor(Math.random() * ROOMS);
      await this.#guarded(() => this.#send(`room=r${room}`, `to room ${room} `.repeat(40)));
      await sleep(BROADCAST_EACH_MS);
    }
  }

  #post(request) {
    const posted = this.#guarded(request).finally(() => this.#pending.delete(posted));
    this.#pending.add(posted);
  }

  async #guarded(request) {
    try {
      await request();
    } catch (error) {
      if (this.faults.length < 20) this.faults.push(`${error.message}: ${error.cause?.message ?? ''}`);
    }
  }
}
