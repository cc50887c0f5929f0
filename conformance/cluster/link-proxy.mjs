import { connect, createServer } from 'node:net';

/**
 * A TCP proxy between one node and the engine, on a port that stays. `hold` makes it keep what
 * arrives in one direction or both, as a network that loses packets does: it is delivered when the
 * hold ends, unless the connection was closed meanwhile. `reset` cuts connections and refuses new
 * ones. `delayMs` delays each direction.
 */
export class LinkProxy {
  #targetPort;
  #server;
  #pipes = new Set();
  #isRefusing = false;
  #held = { toEngine: false, toNode: false };
  #delayMs = 0;
  port = 0;

  static async start(targetPort) {
    const proxy = new LinkProxy();
    proxy.#targetPort = targetPort;
    proxy.#server = createServer((client) => proxy.#join(client));
    await new Promise((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    proxy.port = proxy.#server.address().port;
    return proxy;
  }

  hold({ toEngine = false, toNode = false }) {
    this.#held = { toEngine, toNode };
    for (const pipe of this.#pipes) pipe.flush();
  }

  delay(ms) {
    this.#delayMs = ms;
  }

  reset() {
    this.#isRefusing = true;
    for (const pipe of this.#pipes) pipe.destroy();
  }

  /** Forwards everything again. */
  heal() {
    this.#isRefusing = false;
    this.#delayMs = 0;
    this.hold({});
  }

  stop() {
    this.reset();
    this.#server.close();
  }

  #join(node) {
    if (this.#isRefusing) {
      node.resetAndDestroy();
      return;
    }
    const engine = connect({ port: this.#targetPort, host: '127.0.0.1', noDelay: true });
    node.setNoDelay(true);
    this.#pipe(node, engine, 'toEngine');
    this.#pipe(engine, node, 'toNode');
  }

  #pipe(from, to, direction) {
    const link = { isHeld: () => this.#held[direction], delayMs: () => this.#delayMs };
    const pipe = new Pipe(from, to, link);
    this.#pipes.add(pipe);
    to.once('close', () => this.#pipes.delete(pipe));
  }
}

/** One direction of one connection: chunks leave in their order, each when its time has come. */
class Pipe {
  #from;
  #to;
  #link;
  #waiting = [];
  #hasEnded = false;
  #timer;

  constructor(from, to, link) {
    this.#from = from;
    this.#to = to;
    this.#link = link;
    from.once('error', () => to.destroy());
    // The end of the connection travels as its bytes do: nobody learns of it during a hold.
    from.once('close', () => {
      this.#hasEnded = true;
      this.flush();
    });
    from.on('data', (chunk) => {
      this.#waiting.push({ chunk, dueMs: performance.now() + link.delayMs() });
      this.flush();
    });
  }

  /** Writes what is due. */
  flush() {
    clearTimeout(this.#timer);
    while (this.#waiting.length > 0 && !this.#link.isHeld()) {
      const leftMs = this.#waiting[0].dueMs - performance.now();
      if (leftMs > 0) {
        this.#timer = setTimeout(() => this.flush(), leftMs);
        return;
      }
      this.#to.write(this.#waiting.shift().chunk);
    }
    if (this.#hasEnded && !this.#link.isHeld()) this.#to.end();
  }

  destroy() {
    clearTimeout(this.#timer);
    this.#from.resetAndDestroy();
    this.#to.destroy();
  }
}
