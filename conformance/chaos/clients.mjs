import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';
import { between } from './random.mjs';

const RETRY_MS = 50;
const BURST_EACH_MS = 20;
const LARGEST_BURST = 6;
const CLOSE_BOUND_MS = 20_000;
/** Above the longest pause before a worker starts again: until then nobody may answer. */
const HANDSHAKE_BOUND_MS = 20_000;

/**
 * Clients that number their messages. Each connection of one is a session: `{name, boot, written,
 * isClosedCleanly, closedAtMs, isCut}`. A message is `<session> <number>`, numbers from 1, so that a
 * reader of the broker can tell what is missing.
 */
export class Clients {
  /** All sessions that ever opened. */
  sessions = [];
  /** All attempts to connect: `{startedAtMs, endedAtMs, isOpen}`. */
  dials = [];
  #random;
  #currentBoot;
  #url;
  #isStopping = false;
  #running = [];

  /** `currentBoot()` is which start of the gateway is running. */
  constructor(url, random, currentBoot) {
    this.#currentBoot = currentBoot;
    this.#url = url;
    this.#random = random;
  }

  start(count) {
    for (let client = 0; client < count; client++) this.#running.push(this.#run(client));
  }

  /**
   * Everybody closes with a close frame and waits for the answer: what stood before it has then
   * been read.
   */
  async stop() {
    this.#isStopping = true;
    await Promise.all(this.#running);
  }

  /** Resolves once a session that is open has written something; rejects after `boundMs`. */
  async someWritten(boundMs) {
    const until = performance.now() + boundMs;
    while (!this.sessions.some(({ written, closedAtMs }) => written > 0 && closedAtMs === 0)) {
      if (performance.now() > until) throw new Error(`no client wrote anything within ${boundMs / 1000} s`);
      await sleep(RETRY_MS);
    }
  }

  get written() {
    return this.sessions.reduce((sum, session) => sum + session.written, 0);
  }

  async #run(client) {
    for (let life = 0; !this.#isStopping; life++) {
      await this.#live(`${client}.${life}`);
      if (!this.#isStopping) await sleep(RETRY_MS);
    }
  }

  /** One session, to its end. */
  async #live(name) {
    const socket = new WebSocket(this.#url, { perMessageDeflate: false, handshakeTimeout: HANDSHAKE_BOUND_MS });
    const session = {
      name,
      boot: this.#currentBoot(),
      written: 0,
      isClosedCleanly: false,
      closedAtMs: 0,
      isCut: false,
    };
    const ended = new Promise((resolve) => socket.once('close', (code) => resolve(code)));
    socket.on('error', () => undefined);
    const opened = new Promise((resolve) => socket.once('open', () => resolve(true)));
    const startedAtMs = performance.now();
    const isOpen = (await Promise.race([opened, ended])) === true;
    this.dials.push({ startedAtMs, endedAtMs: performance.now(), isOpen });
    if (!isOpen) return;
    this.sessions.push(session);
    let endedAtMs;
    void ended.then(() => (endedAtMs = performance.now()));
    const leaveAfter = between(this.#random, 2_000, 20_000) + performance.now();
    while (socket.readyState === WebSocket.OPEN && !this.#isStopping && performance.now() < leaveAfter) {
      this.#burst(socket, session);
      await sleep(BURST_EACH_MS);
    }
    const isOurs = socket.readyState === WebSocket.OPEN;
    // Its last message and its close are events of the same moment.
    if (isOurs) this.#write(socket, session);
    socket.close(1000);
    const code = await Promise.race([ended, sleep(CLOSE_BOUND_MS, undefined, { ref: false }).then(() => 1006)]);
    socket.terminate();
    session.isClosedCleanly = isOurs && code === 1000;
    session.isCut = code === 1006;
    session.closedAtMs = endedAtMs ?? performance.now();
  }

  #burst(socket, session) {
    const messages = Math.floor(between(this.#random, 0, LARGEST_BURST + 1));
    for (let message = 0; message < messages; message++) this.#write(socket, session);
  }

  #write(socket, session) {
    session.written += 1;
    socket.send(`${session.name} ${session.written}`);
  }
}
