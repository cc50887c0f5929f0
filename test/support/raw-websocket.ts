import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** A frame as it was on the wire. */
export interface RawFrame {
  readonly fin: boolean;
  readonly compressed: boolean;
  readonly opcode: number;
  readonly payload: Buffer;
}

/** The head of an HTTP answer, and the body by its `Content-Length`. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

const MASK = Buffer.from([0x12, 0x34, 0x56, 0x78]);

/**
 * A connection that sends exactly the given bytes and reads HTTP heads and WebSocket frames one at
 * a time.
 */
export class RawWebSocket {
  readonly socket: Socket;
  /** Resolves when the peer has finished or the connection broke. */
  readonly ended: Promise<void>;
  #unread = Buffer.alloc(0);
  #isOver = false;
  #wake: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    this.ended = new Promise((resolve) => {
      const over = (): void => {
        this.#isOver = true;
        this.#wake();
        resolve();
      };
      socket.once('end', over).once('close', over);
    });
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      this.#unread = Buffer.concat([this.#unread, chunk]);
      this.#wake();
    });
  }

  /** Connects to the loopback port. */
  static async connect(
    port: number,
    options: { readonly tls?: boolean; readonly host?: string } = {},
  ): Promise<RawWebSocket> {
    const target = { port, host: options.host ?? '127.0.0.1' };
    const socket = options.tls === true ? connectTls({ ...target, rejectUnauthorized: false }) : connect(target);
    await new Promise<void>((resolve, reject) => {
      socket.once(options.tls === true ? 'secureConnect' : 'connect', resolve).once('error', reject);
    });
    socket.setNoDelay();
    return new RawWebSocket(socket);
  }

  /** Connects and upgrades; rejects when the answer is not 101. */
  static async open(
    port: number,
    path: string,
    headers: Readonly<Record<string, string>> = {},
    options: { readonly tls?: boolean } = {},
  ): Promise<RawWebSocket> {
    const client = await RawWebSocket.connect(port, options);
    client.socket.write(upgradeRequest(path, headers));
    const { status, body } = await client.answer();
    if (status !== 101) throw new Error(`upgrade answered ${status}: ${body}`);
    return client;
  }

  write(bytes: string | Uint8Array): void {
    this.socket.write(bytes);
  }

  send(opcode: number, payload: string | Uint8Array, options: FrameOptions = {}): void {
    this.socket.write(encodeFrame(opcode, payload, options));
  }

  /** The next HTTP answer. */
  async answer(): Promise<RawAnswer> {
    const head = await this.head();
    const length = Number(head.headers.get('content-length') ?? 0);
    await this.#until(() => this.#unread.length >= length);
    return { ...head, body: this.#take(length).toString() };
  }

  /** The head of the next HTTP answer; its body, if any, stays unread. */
  async head(): Promise<Omit<RawAnswer, 'body'>> {
    await this.#until(() => this.#unread.includes('\r\n\r\n'));
    const end = this.#unread.indexOf('\r\n\r\n');
    const [statusLine = '', ...lines] = this.#take(end + 4)
      .toString()
      .trimEnd()
      .split('\r\n');
    return { status: Number(statusLine.split(' ')[1]), headers: new Map(lines.map((line) => splitHeader(line))) };
  }

  /** The next frame; rejects when the connection ends first. */
  async frame(): Promise<RawFrame> {
    await this.#until(() => this.#unread.length >= 2);
    const first = this.#unread[0] ?? 0;
    const size = (this.#unread[1] ?? 0) & 0x7f;
    const headBytes = size === 127 ? 10 : size === 126 ? 4 : 2;
    await this.#until(() => this.#unread.length >= headBytes);
    const head = this.#take(headBytes);
    const length = size === 127 ? Number(head.readBigUInt64BE(2)) : size === 126 ? head.readUInt16BE(2) : size;
    await this.#until(() => this.#unread.length >= length);
    return {
      fin: (first & 0x80) !== 0,
      compressed: (first & 0x40) !== 0,
      opcode: first & 0x0f,
      payload: this.#take(length),
    };
  }

  /** The code of the next frame, which must be a close frame; undefined when it has none. */
  async closeCode(): Promise<number | undefined> {
    const { opcode, payload } = await this.frame();
    if (opcode !== OPCODE.close) throw new Error(`expected a close frame, got opcode ${opcode}`);
    return payload.length < 2 ? undefined : payload.readUInt16BE(0);
  }

  /** All bytes up to the end of the connection. */
  async rest(): Promise<Buffer> {
    await this.ended;
    return this.#take(this.#unread.length);
  }

  destroy(): void {
    this.socket.destroy();
  }

  async #until(isReady: () => boolean): Promise<void> {
    while (!isReady()) {
      if (this.#isOver) throw new Error('the connection ended');
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #take(bytes: number): Buffer {
    const taken = this.#unread.subarray(0, bytes);
    this.#unread = this.#unread.subarray(bytes);
    return taken;
  }
}

export interface FrameOptions {
  readonly fin?: boolean;
  readonly masked?: boolean;
  /** Sets RSV1; the payload is already compressed. */
  readonly compressed?: boolean;
}

/** One frame, masked unless told otherwise. */
export function encodeFrame(opcode: number, payload: string | Uint8Array, options: FrameOptions = {}): Buffer {
  const { masked = true } = options;
  const body = Buffer.from(payload);
  const head = encodeLength(body.length, masked ? 0x80 : 0);
  head[0] = firstBits(options) | opcode;
  if (!masked) return Buffer.concat([head, body]);
  for (let i = 0; i < body.length; i += 1) body[i] = (body[i] ?? 0) ^ (MASK[i % 4] ?? 0);
  return Buffer.concat([head, MASK, body]);
}

function firstBits({ fin = true, compressed = false }: FrameOptions): number {
  return (fin ? 0x80 : 0) | (compressed ? 0x40 : 0);
}

/** An opening handshake; a header given as '' is left out. */
export function upgradeRequest(path: string, headers: Readonly<Record<string, string>> = {}, method = 'GET'): string {
  const all: Record<string, string> = {
    Host: 'localhost',
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    ...headers,
  };
  const lines = Object.entries(all).filter(([, value]) => value !== '');
  return `${method} ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
}

function encodeLength(length: number, maskBit: number): Buffer {
  if (length < 126) return Buffer.from([0, maskBit | length]);
  if (length < 65_536) {
    const head = Buffer.from([0, maskBit | 126, 0, 0]);
    head.writeUInt16BE(length, 2);
    return head;
  }
  const head = Buffer.alloc(10);
  head[1] = maskBit | 127;
  head.writeBigUInt64BE(BigInt(length), 2);
  return head;
}

function splitHeader(line: string): [string, string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}
