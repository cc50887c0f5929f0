import { randomBytes, randomInt } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeFrame, readFrames, type Frame } from '../calls/frame.js';
import { FrameLink } from './frame-link.js';
import { LINK_KIND } from './link-frames.js';

/** Directions of the two sockets of a link, as the worker sees them. */
const DIRECTION = { up: 1, down: 2 } as const;
const MOST_NONCE = 2 ** 32;
const HELLO_MS = 5_000;
const NOTHING = new Uint8Array(0);

/**
 * Accepts the links of workers on a unix socket with a random name, in a folder that only this user
 * may enter.
 */
export class LinkServer {
  readonly #onLink: (link: FrameLink) => void;
  readonly #server: Server;
  /** Sockets whose other socket has not come yet. */
  readonly #halves = new Map<string, Socket>();
  #folder: string | undefined;

  /** `onLink` must set the handlers of the link before it returns. */
  constructor(onLink: (link: FrameLink) => void) {
    this.#onLink = onLink;
    this.#server = createServer((socket) => this.#greet(socket));
  }

  /** The folder of the socket; other sockets of the supervisor may be made in it. */
  get folder(): string | undefined {
    return this.#folder;
  }

  /** Resolves to the path that workers connect to. */
  async listen(): Promise<string> {
    this.#folder = await mkdtemp(join(tmpdir(), 'wsg-'));
    await chmod(this.#folder, 0o700);
    const path = join(this.#folder, randomBytes(8).toString('hex'));
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(path, resolve);
    });
    return path;
  }

  /** Accepts no more links and removes the folder. Links that are open stay open. */
  async stop(): Promise<void> {
    this.#server.close();
    for (const socket of this.#halves.values()) socket.destroy();
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true });
  }

  /** Reads the hello of a socket; what follows it stays in the socket. */
  #greet(socket: Socket): void {
    let bytes = Buffer.alloc(0);
    const cut = (): void => void socket.destroy();
    const timer = setTimeout(cut, HELLO_MS);
    const onData = (chunk: Buffer): void => {
      bytes = Buffer.concat([bytes, chunk]);
      if (bytes.length < HELLO_BYTES) return;
      socket.pause();
      socket.off('data', onData);
      clearTimeout(timer);
      const hello = readHello(bytes.subarray(0, HELLO_BYTES));
      if (hello === undefined) cut();
      if (hello === undefined) return;
      if (bytes.length > HELLO_BYTES) socket.unshift(bytes.subarray(HELLO_BYTES));
      this.#pair(hello, socket);
    };
    socket.on('error', cut);
    socket.on('close', () => clearTimeout(timer));
    socket.on('data', onData);
  }

  #pair({ fromNode: worker, call, op }: Frame, socket: Socket): void {
    const key = `${worker} ${call}`;
    const other = this.#halves.get(key);
    if (other === undefined) {
      this.#halves.set(key, socket);
      socket.once('close', () => this.#halves.delete(key));
      return;
    }
    this.#halves.delete(key);
    const [input, output] = op === DIRECTION.up ? [socket, other] : [other, socket];
    this.#onLink(new FrameLink({ input, output, worker }));
    input.resume();
  }
}

/** Connects a worker to its supervisor. Rejects when nobody listens at `path`. */
export async function connectLink(path: string, worker: number): Promise<FrameLink> {
  const call = randomInt(MOST_NONCE);
  const [output, input] = [await dial(path), await dial(path)];
  output.write(helloFrame(worker, DIRECTION.up, call));
  input.write(helloFrame(worker, DIRECTION.down, call));
  return new FrameLink({ input, output, worker });
}

function dial(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

function helloFrame(worker: number, op: number, call: number): Buffer {
  return encodeFrame({
    kind: LINK_KIND.hello,
    flags: 0,
    op,
    fromNode: worker,
    fromBoot: 0,
    call,
    place: 0,
    deadlineMs: 0,
    body: NOTHING,
  });
}

const HELLO_BYTES = helloFrame(0, 0, 0).length;

/** Undefined when the bytes are not a hello. */
function readHello(bytes: Buffer): Frame | undefined {
  try {
    return readFrames(bytes).find(({ kind }) => kind === LINK_KIND.hello);
  } catch {
    return undefined;
  }
}
