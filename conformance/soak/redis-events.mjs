import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '@redis/client';

const PROGRAM = '/usr/bin/redis-server';
const STREAM = 'soak';
const PAGE = 2_000;
const POLL_MS = 50;

/**
 * A real Redis that is killed and restarted, and a consumer of the gateway's stream that goes on
 * where it was.
 */
export class RedisEvents {
  #onEvent;
  #folder = mkdtempSync(join(tmpdir(), 'wsg-soak-redis-'));
  #port;
  #child;
  #position = '-';
  #isStopping = false;
  #reading;
  restarts = 0;

  static async start(onEvent) {
    if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is missing; as root: apt-get install -y redis-server`);
    const events = new RedisEvents();
    events.#onEvent = onEvent;
    events.#port = await freePort();
    await events.#spawn();
    return events;
  }

  get config() {
    const addr = `redis://127.0.0.1:${this.#port}/0`;
    return { stream_redis: { addr, stream_name: STREAM, event_id_field: 'event' } };
  }

  follow() {
    this.#reading = this.#read();
  }

  /** Kills it, waits, and starts it on its old data. */
  async restart(awayMs) {
    await this.#kill();
    await sleep(awayMs);
    await this.#spawn();
    this.restarts += 1;
  }

  async stop() {
    this.#isStopping = true;
    await this.#reading;
    await this.#kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #spawn() {
    // Acknowledged writes have reached the kernel, so a killed Redis loses none of them.
    const data = ['--appendonly', 'yes', '--appendfsync', 'everysec', '--save', '', '--dir', this.#folder];
    const args = ['--port', String(this.#port), '--bind', '127.0.0.1', ...data];
    this.#child = spawn(PROGRAM, args, { stdio: 'ignore', detached: true });
    while (!(await answersPing(this.#port))) await sleep(20);
  }

  async #kill() {
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }

  async #read() {
    while (!this.#isStopping) {
      const client = createClient({ url: `redis://127.0.0.1:${this.#port}/0`, RESP: 2, disableOfflineQueue: true });
      client.on('error', () => undefined);
      try {
        await client.connect();
        while (!this.#isStopping) await this.#readPage(client);
      } catch {
        // Killed: connect again.
        await sleep(POLL_MS);
      } finally {
        client.destroy();
      }
    }
  }

  async #readPage(client) {
    const entries = await client.xRange(STREAM, this.#position, '+', { COUNT: PAGE });
    for (const { id, message } of entries) {
      this.#position = `(${id}`;
      this.#onEvent(message, message.event);
    }
    // Read entries are deleted, so that Redis does not grow.
    if (entries.length > 0) await client.xTrim(STREAM, 'MINID', entries.at(-1).id);
    if (entries.length < PAGE) await sleep(POLL_MS);
  }
}

function answersPing(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
    socket.once('data', (answer) => {
      resolve(String(answer).startsWith('+PONG'));
      socket.destroy();
    });
  });
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}
