import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';

const SHORTEST_LIFE_MS = 1_000;
const LONGEST_LIFE_MS = 20_000;
const BURST_EACH_MS = 200;
const LARGEST_BURST = 3;
/** One of this many sessions is cut without a close frame. */
const CUT_ONE_IN = 10;
const CLOSE_BOUND_MS = 20_000;

/** Clients that come, send numbered messages, and go; each comes back as another session. */
export class Crowd {
  #url;
  #account;
  #isStopping = false;
  #running = [];
  /** Texts that the backend sent, received by sessions that left in good order. */
  received = 0;
  /** Closes that the gateway began, by code. */
  closedByGateway = {};
  refusedDials = 0;
  open = 0;

  constructor(url, account) {
    this.#url = url;
    this.#account = account;
  }

  start(count) {
    for (let client = 0; client < count; client += 1) this.#running.push(this.#run(client));
  }

  /** Everybody leaves in good order. */
  async stop() {
    this.#isStopping = true;
    await Promise.all(this.#running);
  }

  async #run(client) {
    for (let life = 0; !this.#isStopping; life += 1) await this.#live(client, life);
  }

  async #live(client, life) {
    const isCut = Math.random() * CUT_ONE_IN < 1;
    const socket = new WebSocket(this.#url);
    const ended = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => undefined);
    if ((await Promise.race([once(socket, 'open'), ended])) === 1006) {
      this.refusedDials += 1;
      await sleep(500);
      return;
    }
    const session = { name: `${isCut ? 'cut' : 'clean'}.${client}.${life}`, written: 0 };
    this.#account.sessionStarted(session.name);
    this.open += 1;
    socket.on('message', () => {
      if (!isCut) this.received += 1;
    });
    await this.#talk(socket, session);
    const isOurs = socket.readyState === WebSocket.OPEN;
    if (isCut && !this.#isStopping) socket.terminate();
    else socket.close(1000);
    const code = await Promise.race([ended, sleep(CLOSE_BOUND_MS, 'late', { ref: false })]);
    this.open -= 1;
    if (!isOurs) this.closedByGateway[code] = (this.closedByGateway[code] ?? 0) + 1;
    this.#account.sessionEnded(session.name, session.written, isOurs && code === 1000);
  }

  async #talk(socket, session) {
    const leavesAt = performance.now() + SHORTEST_LIFE_MS + Math.random() * (LONGEST_LIFE_MS - SHORTEST_LIFE_MS);
    while (socket.readyState === WebSocket.OPEN && !this.#isStopping && performance.now() < leavesAt) {
      for (let left = Math.floor(Math.random() * (LARGEST_BURST + 1)); left > 0; left -= 1) {
        session.written += 1;
        socket.send(`${session.name} ${session.written}`);
      }
      await sleep(BURST_EACH_MS * (0.5 + Math.random()));
    }
  }
}
