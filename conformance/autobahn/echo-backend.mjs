import { Agent, request } from 'node:http';
import { EventStream } from '../support/event-stream.mjs';

/**
 * A backend that answers every message with the same message: it reads the gateway's events and
 * posts to `/send`. One post of a connection is under way at a time, which keeps the order.
 */
export class EchoBackend {
  #port;
  #stream;
  #agent = new Agent({ keepAlive: true, maxSockets: 8 });
  /** Connection to the end of what is to be posted to it. */
  #tails = new Map();
  /** Messages that the gateway has not sent, with what it said instead. */
  refusals = [];
  gaps = 0;

  static async start(port) {
    const backend = new EchoBackend();
    backend.#port = port;
    backend.#stream = await EventStream.follow(port, (action, event) => backend.#take(action, event));
    return backend;
  }

  stop() {
    this.#stream.stop();
    this.#agent.destroy();
  }

  #take(action, event) {
    if (action === 'gap') this.gaps += 1;
    if (action === 'close') this.#tails.delete(event.connection);
    if (action === 'message') this.#echo(event);
  }

  #echo(event) {
    const before = this.#tails.get(event.connection) ?? Promise.resolve();
    this.#tails.set(
      event.connection,
      before.then(() => this.#post(event)),
    );
  }

  #post({ connection, message, encoding, type }) {
    const body = Buffer.from(message, encoding === 'base64' ? 'base64' : 'utf8');
    const contentType = type === 'binary' ? 'application/octet-stream' : 'text/plain';
    const headers = { 'Content-Type': contentType, 'Content-Length': body.length };
    return new Promise((resolve) => {
      const target = { host: '127.0.0.1', port: this.#port, path: `/send?id=${connection}`, method: 'POST' };
      const posted = request({ ...target, headers, agent: this.#agent }, (response) => {
        response.resume();
        if (response.statusCode !== 200) this.refusals.push(`${response.statusCode} for ${body.length} bytes`);
        response.once('close', resolve);
      });
      posted.once('error', (error) => {
        this.refusals.push(error.message);
        resolve();
      });
      posted.end(body);
    });
  }
}
