import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { systemClock } from '../../../src/core/clock.js';
import { ClientConnection, type ConnectionHandlers } from '../../../src/loadgen/client/connection.js';
import { createDialTarget } from '../../../src/loadgen/client/dial-target.js';
import { LoadTarget } from '../../support/load-target.js';

const context = { clock: systemClock, readBuffer: Buffer.alloc(65_536) };

/** Records the events of a connection, and lets a test wait for a number of entries. */
class Notes implements ConnectionHandlers {
  readonly entries: string[] = [];
  #wake: () => void = () => undefined;

  onMessage(bytes: Uint8Array, start: number, end: number, isBinary: boolean): void {
    const payload = Buffer.from(bytes.subarray(start, end)).toString();
    this.#note(`${isBinary ? 'binary' : 'text'} ${payload.length > 50 ? payload.length : payload}`);
  }

  onPong(payload: Buffer): void {
    this.#note(`pong ${payload.toString()}`);
  }

  onClose(code: number): void {
    this.#note(`close ${code}`);
  }

  async reached(count: number): Promise<string[]> {
    while (this.entries.length < count) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.entries;
  }

  #note(entry: string): void {
    this.entries.push(entry);
    this.#wake();
  }
}

describe('ClientConnection to a WebSocket server', () => {
  const accepted: WebSocket[] = [];
  let target: LoadTarget;

  beforeEach(async () => {
    accepted.length = 0;
    target = new LoadTarget((socket) => {
      accepted.push(socket);
      socket.send('first');
    });
    await target.start();
  });

  afterEach(async () => target.stop());

  async function open(): Promise<{ connection: ClientConnection; notes: Notes; peer: WebSocket }> {
    const notes = new Notes();
    const connection = new ClientConnection(createDialTarget(target.url), notes, context);
    expect(await connection.dial()).toMatchObject({ status: 101 });
    await notes.reached(1);
    const peer = accepted[0];
    if (peer === undefined) throw new Error('nobody was accepted');
    return { connection, notes, peer };
  }

  it('masks frames, answers pings, and receives text, binary, fragmented and large messages in order', async () => {
    const { connection, notes, peer } = await open();
    const message = once(peer, 'message');
    connection.send('hello');
    expect(String((await message)[0])).toBe('hello');
    const pong = once(peer, 'pong');
    peer.ping('are you there');
    expect(String((await pong)[0])).toBe('are you there');
    peer.send('in ', { fin: false });
    peer.send('pieces', { fin: true });
    peer.send(Buffer.from('bytes'));
    peer.send('x'.repeat(200_000));
    peer.send('last');
    connection.ping('7');
    expect(await notes.reached(6)).toEqual([
      'text first',
      'text in pieces',
      'binary bytes',
      'text 200000',
      'text last',
      'pong 7',
    ]);
    connection.abort(new Error('test over'));
  });

  it('marks dial, upgrade and first frame in order, and counts the received bytes', async () => {
    const { connection } = await open();
    const { dialStart, tcpConnected = 0, upgraded = 0, firstFrame = 0, secured } = connection.marks;
    expect([dialStart, tcpConnected, upgraded].toSorted((a, b) => a - b)).toEqual([dialStart, tcpConnected, upgraded]);
    expect(firstFrame).toBeGreaterThanOrEqual(upgraded);
    expect(secured).toBeUndefined();
    expect(connection.bytesReceived).toBeGreaterThan(100);
    expect(connection.bytesSent).toBeGreaterThan(100);
    connection.abort(new Error('test over'));
  });

  it('closes with its code, and receives messages until the peer has answered', async () => {
    const { connection, notes, peer } = await open();
    const closed = once(peer, 'close');
    peer.send('in flight');
    connection.close(1001);
    expect((await closed)[0]).toBe(1001);
    expect(await notes.reached(3)).toEqual(['text first', 'text in flight', 'close 1001']);
  });

  it("reports the peer's close code, and 1006 when the socket breaks", async () => {
    const first = await open();
    first.peer.close(4000, 'enough');
    expect(await first.notes.reached(2)).toEqual(['text first', 'close 4000']);
    accepted.length = 0;
    const second = await open();
    second.peer.terminate();
    expect(await second.notes.reached(2)).toEqual(['text first', 'close 1006']);
  });

  it('closes with 1002 when the server violates the protocol', async () => {
    const { notes, peer } = await open();
    const closed = once(peer, 'close');
    const socket: unknown = Reflect.get(peer, '_socket');
    if (!(socket instanceof Object) || !('write' in socket) || typeof socket.write !== 'function')
      throw new Error('no socket');
    socket.write(Buffer.from([0x83, 0x00]));
    expect((await closed)[0]).toBe(1002);
    await notes.reached(2);
  });

  it('reports the status when the server refuses the upgrade', async () => {
    const refused = createDialTarget(target.url.replace('/connect', '/refused'));
    const result = await new ClientConnection(refused, new Notes(), context).dial();
    expect(result.status).toBe(403);
    expect(result.error?.message).toContain('403 instead of 101');
  });
});

describe('ClientConnection to a server that is not a WebSocket server', () => {
  let server: Server;
  let answer: (socket: Socket) => void;

  beforeEach(async () => {
    server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => answer(socket));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });

  afterEach(() => void server.close());

  async function dial(): Promise<{ status: number; message: string | undefined }> {
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const result = await new ClientConnection(createDialTarget(`ws://127.0.0.1:${port}/`), new Notes(), context).dial();
    return { status: result.status, message: result.error?.message };
  }

  it.each([
    ['no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n\r\n', 0, /not HTTP/],
    ['a 101 without upgrade', 'HTTP/1.1 101 OK\r\n\r\n', 101, /no "Upgrade: websocket"/],
    [
      'a wrong key',
      'HTTP/1.1 101 OK\r\nUpgrade: WebSocket\r\nSec-WebSocket-Accept: x\r\n\r\n',
      101,
      /Sec-WebSocket-Accept/,
    ],
    ['a page', 'HTTP/1.1 200 OK\r\n\r\nhello', 200, /200 instead of 101/],
  ])('names what is wrong with %s', async (_what, text, status, message) => {
    answer = (socket) => void socket.end(text);
    const result = await dial();
    expect(result.status).toBe(status);
    expect(result.message).toMatch(message);
  });

  it('fails when the server closes without a response', async () => {
    answer = (socket) => void socket.end();
    expect(await dial()).toMatchObject({ status: 0, message: 'the server closed the connection before it responded' });
  });

  it('fails when the head never ends', async () => {
    answer = (socket) => void socket.write(`HTTP/1.1 101 OK\r\n${'x: y\r\n'.repeat(12_000)}`);
    expect((await dial()).message).toContain('longer than 65536 bytes');
  });
});
