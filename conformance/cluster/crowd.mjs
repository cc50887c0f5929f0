import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';
import { between } from '../chaos/random.mjs';

const RETRY_MS = 50;
const WRITE_EACH_MS = 250;
const CLOSE_BOUND_MS = 20_000;
const OPENED_BOUND_MS = 60_000;
/** One client in this many connects again and again. */
const BRIEF_EACH = 5;
/** Lives of connections. */
const LIFE_MS = { brief: [100, 1_000], long: [5_000, 40_000] };
/** Rooms, each a path of the endpoints. */
export const ROOMS = ['a', 'b'];

/**
 * Test clients on all nodes, each always at the same node. They note which calls' messages they
 * get, and send numbered messages of their own: `<name> <number>`, numbers from 1. Each connection
 * is one record; see judge/judge.d.mts.
 */
export class Crowd {
  /** All connections that ever opened. */
  clients = [];
  #random;
  #mayMissLast;
  #isStopping = false;
  #running = [];

  /** uWebSockets.js may discard what it took in the tick in which a client's close frame arrives. */
  constructor(random, { transport }) {
    this.#random = random;
    this.#mayMissLast = transport === 'uws';
  }

  start(nodes, countPerNode) {
    for (const node of nodes) {
      for (let client = 0; client < countPerNode; client++) {
        const room = ROOMS[client % ROOMS.length];
        this.#running.push(
          this.#run(node, {
            room,
            label: `${node.name}.${client}`,
            life: client % BRIEF_EACH === 0 ? 'brief' : 'long',
          }),
        );
      }
    }
  }

  get open() {
    return this.clients.filter(({ closedAtMs }) => closedAtMs === Infinity).length;
  }

  /** Resolves once every client is connected. */
  async allOpen() {
    const until = performance.now() + OPENED_BOUND_MS;
    while (this.open < this.#running.length) {
      if (performance.now() > until) throw new Error(`${this.open} of ${this.#running.length} clients are connected`);
      await sleep(RETRY_MS);
    }
  }

  /** Everybody closes with a close frame and waits for the answer. */
  async stop() {
    this.#isStopping = true;
    await Promise.all(this.#running);
  }

  async #run(node, { room, label, life }) {
    for (let number = 0; !this.#isStopping; number++) {
      await this.#live(node, { room, name: `${label}.${number}`, life });
      if (!this.#isStopping) await sleep(RETRY_MS);
    }
  }

  /** One connection, to its end. */
  async #live(node, { room, name, life }) {
    const socket = new WebSocket(`ws://127.0.0.1:${node.port}/${room}`, {
      perMessageDeflate: false,
      handshakeTimeout: 15_000,
    });
    const ended = new Promise((resolve) => socket.once('close', (code) => resolve(code)));
    socket.on('error', () => undefined);
    const client = this.#record({ name, node: node.name, boot: node.boot, room });
    socket.on('message', (data) => client.received.push(readNumber(data)));
    const opened = new Promise((resolve) => socket.once('open', () => resolve(true)));
    if ((await Promise.race([opened, ended])) !== true) return;
    client.openedAtMs = performance.now();
    this.clients.push(client);
    // Noted at once, because a cut is judged by its time.
    void ended.then((code) => Object.assign(client, { closedAtMs: performance.now(), isCut: code === 1006 }));
    await this.#write(socket, client, LIFE_MS[life]);
    const isOurs = socket.readyState === WebSocket.OPEN;
    // Its last message and its close are events of the same moment.
    this.#send(socket, client);
    if (isOurs && this.#mayMissLast) client.leftAtMs = performance.now();
    socket.close(1000);
    const code = await Promise.race([ended, sleep(CLOSE_BOUND_MS, 1006, { ref: false })]);
    socket.terminate();
    await ended;
    client.isClosedCleanly = isOurs && code === 1000;
  }

  #send(socket, client) {
    if (socket.readyState !== WebSocket.OPEN) return;
    client.written += 1;
    socket.send(`${client.name} ${client.written}`);
  }

  #record(identity) {
    const times = { openedAtMs: 0, leftAtMs: Infinity, closedAtMs: Infinity, isCut: false };
    return { ...identity, ...times, received: [], written: 0, isClosedCleanly: false };
  }

  /** Sends now and then until it is time to leave. */
  async #write(socket, client, [leastMs, mostMs]) {
    const leaveAfter = between(this.#random, leastMs, mostMs) + performance.now();
    while (socket.readyState === WebSocket.OPEN && !this.#isStopping && performance.now() < leaveAfter) {
      this.#send(socket, client);
      await sleep(between(this.#random, 0, 2 * WRITE_EACH_MS));
    }
  }
}

/** The number of the call whose message it is. Frames of `ws` are buffers. */
function readNumber(data) {
  return data instanceof Buffer ? Number(data.toString('latin1')) : Number.NaN;
}
