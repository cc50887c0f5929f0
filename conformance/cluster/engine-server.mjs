import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Child } from '../chaos/child.mjs';
import { freePort } from '../chaos/redis.mjs';

const KINDS = {
  nats: {
    argsOf: (port) => ['--addr', '127.0.0.1', '--port', String(port)],
    program: 'nats-server',
    greeting: '',
    isGreeted: (text) => text.startsWith('INFO '),
  },
  redis: {
    argsOf: (port) => ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
    program: 'redis-server',
    greeting: 'PING\r\n',
    isGreeted: (text) => text.startsWith('+PONG'),
  },
};

export const ENGINES = Object.keys(KINDS);

/** The real server that carries calls between nodes, on a port that stays. */
export class EngineServer {
  #kind;
  #child;
  port = 0;

  static async start(kind) {
    const server = new EngineServer();
    server.#kind = KINDS[kind];
    server.port = await freePort();
    const { program, argsOf } = server.#kind;
    server.#child = new Child(() => ({ program, args: argsOf(server.port) }));
    await server.restart();
    return server;
  }

  kill() {
    return this.#child.kill();
  }

  async restart() {
    this.#child.spawn();
    while (!(await this.#answers())) {
      if (!this.#child.isRunning) throw new Error(`the engine ended:\n${this.#child.output}`);
      await sleep(20);
    }
  }

  #answers() {
    const { greeting, isGreeted } = this.#kind;
    return new Promise((resolve) => {
      const socket = connect(this.port, '127.0.0.1', () => socket.write(greeting));
      socket.once('error', () => resolve(false));
      socket.once('data', (answer) => {
        socket.destroy();
        resolve(isGreeted(String(answer)));
      });
    });
  }
}
