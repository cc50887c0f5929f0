import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ExampleProgram } from '../support/example-program.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { WsgProcess } from '../support/wsg-process.js';

const FOLDER = fileURLToPath(new URL('../../examples/echo-backend/', import.meta.url));

/** Starts a gateway; resolves with its port. */
async function startGateway(): Promise<number> {
  const args = ['serve', '--listen', '127.0.0.1:0', '--ready-fd', '3'];
  const { ready, ended } = new WsgProcess(args, { cwd: await temporaryFolder() });
  const failed = ended.then((ending) => Promise.reject(new Error(ending.stderr)));
  return (await Promise.race([ready, failed])).port;
}

/** Starts a program of the example. */
function startProgram(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): ExampleProgram {
  return new ExampleProgram(command, args, { cwd: FOLDER, env });
}

/** A client that collects the answers. */
class EchoClient {
  readonly #answers: string[] = [];
  #waiting: (() => void) | undefined;

  private constructor(readonly socket: WebSocket) {
    socket.on('message', (payload: Buffer, isBinary) => {
      this.#answers.push(isBinary ? `binary ${payload.toString('hex')}` : payload.toString());
      this.#waiting?.();
    });
  }

  static async connect(port: number): Promise<EchoClient> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/connect`);
    onTestFinished(() => socket.terminate());
    const client = new EchoClient(socket);
    await once(socket, 'open');
    return client;
  }

  /** Resolves with the answers once there are `count`. */
  async received(count: number): Promise<string[]> {
    while (this.#answers.length < count) await this.#nextAnswer();
    return this.#answers;
  }

  /** Resolves with the answers once this one is among them. */
  async until(answer: string): Promise<string[]> {
    while (!this.#answers.includes(answer)) await this.#nextAnswer();
    return this.#answers;
  }

  async #nextAnswer(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#waiting = resolve;
    });
  }
}

/** A TCP proxy to the gateway that can be cut. */
class CuttableProxy {
  readonly #sockets = new Set<Socket>();
  #isOpen = true;
  readonly #server = createServer((near) => this.#join(near));
  readonly #target: number;

  private constructor(target: number) {
    this.#target = target;
  }

  static async to(target: number): Promise<{ readonly proxy: CuttableProxy; readonly port: number }> {
    const proxy = new CuttableProxy(target);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    onTestFinished(() => {
      proxy.cut();
      proxy.#server.close();
    });
    const address = proxy.#server.address();
    if (address === null || typeof address === 'string') throw new Error('there is no port');
    return { proxy, port: address.port };
  }

  cut(): void {
    this.#isOpen = false;
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  restore(): void {
    this.#isOpen = true;
  }

  #join(near: Socket): void {
    if (!this.#isOpen) {
      near.destroy();
      return;
    }
    const far = connect({ host: '127.0.0.1', port: this.#target });
    near.pipe(far).pipe(near);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => other.destroy());
    }
  }
}

describe('the echo backend', () => {
  it('answers every message in order, text and binary, and prints open and close', async () => {
    const port = await startGateway();
    const backend = startProgram(process.execPath, ['echo-backend.mjs', `http://127.0.0.1:${port}`]);
    await backend.until(/^following /);
    const client = await EchoClient.connect(port);
    const texts = Array.from({ length: 50 }, (_, index) => `message ${index} "<&>"\n\u2028 ä€😀`);
    for (const text of texts) client.socket.send(text);
    client.socket.send(Buffer.from([0, 255, 13, 10]));
    client.socket.send('');
    expect(await client.received(52)).toEqual([...texts, 'binary 00ff0d0a', '']);
    client.socket.close();
    const actions = (await backend.until(/^close /)).slice(1).map((line) => line.split(' ')[0]);
    expect(actions).toEqual(['open', ...Array.from({ length: 52 }, () => 'message'), 'close']);
  });

  it('loses no message and keeps the order when its connection to the gateway was cut', async () => {
    const gateway = await startGateway();
    const { proxy, port } = await CuttableProxy.to(gateway);
    const backend = startProgram(process.execPath, ['echo-backend.mjs', `http://127.0.0.1:${port}`]);
    await backend.until(/^following /);
    const client = await EchoClient.connect(gateway);
    client.socket.send('before');
    await client.received(1);
    proxy.cut();
    for (const text of ['meanwhile 1', 'meanwhile 2', 'meanwhile 3']) client.socket.send(text);
    await backend.until(/^the stream /);
    proxy.restore();
    await backend.until(/^following /, 2);
    client.socket.send('after');
    // The cut may fall between an answer and its acknowledgement to the backend. That answer then
    // comes twice.
    const answers = await client.until('after');
    expect([...new Set(answers)]).toEqual(['before', 'meanwhile 1', 'meanwhile 2', 'meanwhile 3', 'after']);
  });

  it('holds the conversation that its README shows', async () => {
    const port = await startGateway();
    const backend = startProgram(process.execPath, ['echo-backend.mjs'], { WSG_URL: `http://127.0.0.1:${port}` });
    await backend.until(/^following /);
    // Node up to version 21 warns that the client's WebSocket is experimental.
    const env = { WSG_CONNECT_URL: `ws://127.0.0.1:${port}/connect`, NODE_NO_WARNINGS: '1' };
    const client = startProgram(process.execPath, ['--experimental-websocket', 'client.mjs', 'hello', 'world'], env);
    expect(await client.until(/^world$/)).toEqual(['hello', 'world']);
    await backend.until(/^close /);
  });

  it('works in curl as well', async ({ skip }) => {
    skip(spawnSync('curl', ['--version']).error !== undefined, 'curl is not installed');
    const port = await startGateway();
    const backend = startProgram('./echo-backend.sh', [`http://127.0.0.1:${port}`]);
    const client = await EchoClient.connect(port);
    // Nothing tells when the stream begins, so the client repeats its message until the first
    // answer.
    const hello = setInterval(() => client.socket.send('hello'), 50);
    onTestFinished(() => clearInterval(hello));
    expect((await client.received(1))[0]).toBe('hello');
    clearInterval(hello);
    client.socket.close();
    await backend.until(/^close /);
  });
});
