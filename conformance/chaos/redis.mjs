import { createServer, connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient, RESP_TYPES } from '@redis/client';
import { Child } from './child.mjs';

const STREAM = 'chaos';
const PAGE = 10_000;

/**
 * A real Redis that keeps what it acknowledged through `kill -9` of its process: its append-only
 * file is written before each answer. Never synced, as `everysec` answers up to 2 s before it
 * writes while a sync is under way.
 */
export class RedisBroker {
  #port;
  #child;

  static async start(folder) {
    const broker = new RedisBroker();
    broker.#port = await freePort();
    const data = ['--appendonly', 'yes', '--appendfsync', 'no', '--save', '', '--dir', folder];
    const args = ['--port', String(broker.#port), '--bind', '127.0.0.1', ...data];
    broker.#child = new Child(() => ({ program: 'redis-server', args }));
    await broker.restart();
    return broker;
  }

  get url() {
    return `redis://127.0.0.1:${this.#port}/0`;
  }

  /** The gateway's configuration of this sink. */
  get sinkConfig() {
    return `stream_redis:\n  addr: ${this.url}\n  stream_name: ${STREAM}\n  event_id_field: event\n`;
  }

  kill() {
    return this.#child.kill();
  }

  async restart() {
    this.#child.spawn();
    while (!(await this.#answers())) {
      if (!this.#child.isRunning) throw new Error(`redis-server ended:\n${this.#child.output}`);
      await sleep(20);
    }
  }

  /** All events in the order in which the broker keeps them. */
  async events() {
    const client = createClient({ url: this.url, RESP: 2 });
    await client.connect();
    const typed = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: String });
    const events = [];
    let start = '-';
    for (;;) {
      const entries = await typed.xRange(STREAM, start, '+', { COUNT: PAGE });
      for (const { message } of entries) events.push(asEvent(message));
      if (entries.length < PAGE) break;
      start = `(${entries.at(-1).id}`;
    }
    await client.close();
    return events;
  }

  #answers() {
    return new Promise((resolve) => {
      const socket = connect(this.#port, '127.0.0.1', () => socket.write('PING\r\n'));
      socket.once('error', () => resolve(false));
      socket.once('data', (answer) => {
        socket.destroy();
        resolve(String(answer).startsWith('+PONG'));
      });
    });
  }
}

function asEvent({ event, connection, action, message }) {
  return { id: event, connection, action, message };
}

export function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
