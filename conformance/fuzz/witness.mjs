import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';

/** The path of the witness, and the tag by which it is found; no input of the fuzzer names it. */
export const WITNESS_PATH = '/witness';
export const WITNESS_SELECTOR = 'role=witness';

const EACH_MS = 50;
const PATIENCE_MS = 10_000;

/**
 * A client that minds its own business meanwhile: what it sends has to reach the backend, and the
 * backend's answers it, in order.
 */
export class Witness {
  #socket;
  #api;
  #sent = 0;
  #expected = [];
  #stopped = false;
  #running;
  /** Messages that went there and back. */
  exchanged = 0;
  /** Longest way there and back, in milliseconds. */
  slowest = 0;
  /** The first fault, after which nothing more is exchanged. */
  fault;
  id;

  static async start(port, api) {
    const witness = new Witness();
    witness.#api = api;
    witness.#socket = new WebSocket(`ws://127.0.0.1:${port}${WITNESS_PATH}`);
    await once(witness.#socket, 'open');
    witness.#socket.on('close', (code) => (witness.fault ??= `the witness was closed with ${code}`));
    [witness.id] = await api.connections();
    witness.#running = witness.#exchange().catch((error) => (witness.fault ??= error.message));
    return witness;
  }

  /** For the stream of events: a message of the witness has reached the backend. */
  seenByBackend(text) {
    this.#expected.find(({ text: awaited }) => awaited === text)?.arrived();
  }

  /** Ends the connection under it: for the check that the oracle notices. */
  kill() {
    this.#socket.terminate();
  }

  /** Stops exchanging; the connection stays. */
  async rest() {
    this.#stopped = true;
    await this.#running;
  }

  async stop() {
    await this.rest();
    this.#socket.removeAllListeners('close');
    this.#socket.terminate();
  }

  async #exchange() {
    while (!this.#stopped && this.fault === undefined) {
      const startedAt = performance.now();
      await this.#exchangeOne();
      this.exchanged += 1;
      this.slowest = Math.max(this.slowest, performance.now() - startedAt);
      await sleep(EACH_MS);
    }
  }

  async #exchangeOne() {
    this.#sent += 1;
    const text = `witness ${this.#sent}`;
    const arrived = new Promise((resolve) => this.#expected.push({ text, arrived: resolve }));
    this.#socket.send(text);
    await inTime(arrived, `${text} did not reach the backend`);
    this.#expected.shift();
    const answered = once(this.#socket, 'message');
    const count = await this.#api.post(`/send?${WITNESS_SELECTOR}`, text);
    if (count !== 1) throw new Error(`/send to the witness answered ${count}`);
    const [answer] = await inTime(answered, `the answer to ${text} did not come`);
    if (answer.toString() !== text) throw new Error(`the witness got ${answer.toString()} for ${text}`);
  }
}

async function inTime(promise, otherwise) {
  const abort = new AbortController();
  const late = sleep(PATIENCE_MS, undefined, { signal: abort.signal }).then(() => {
    throw new Error(`${otherwise} within ${PATIENCE_MS} ms`);
  });
  late.catch(() => undefined);
  try {
    return await Promise.race([promise, late]);
  } finally {
    abort.abort();
  }
}
