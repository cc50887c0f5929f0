import { createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebhookSink } from '../../../src/gateway/sinks/webhook/webhook-sink.js';
import { settle } from '../../support/settle.js';
import { testEvent, testEvents } from '../../support/test-event.js';
import { sinkDeps } from '../../support/sink-deps.js';
import { webhookConfig } from '../../support/webhook-config.js';

/** Longer than every wait of these tests. */
const TIMEOUT_MS = 60_000;
const HEAD = 'HTTP/1.1 200 OK\r\n';
/** The sink's time limit for a body. */
const BODY_MS = 500;

/** Answers on a bare socket, to send responses that an HTTP library would not send. */
type Answering = (socket: Socket) => void;

describe('the response of a webhook receiver', () => {
  let answering: Answering;
  let sink: WebhookSink;
  let requests: number;
  let connections: number;
  const open = new Set<Socket>();
  /** Runs `answering` at the end of each request, or after its head when the body is not read. */
  let answersAtHead: boolean;

  const server = createServer((socket) => {
    connections += 1;
    open.add(socket);
    let seen = '';
    socket.on('error', () => undefined).on('close', () => open.delete(socket));
    socket.on('data', (chunk) => {
      seen += chunk.toString('latin1');
      const length = Number(/content-length: (\d+)/i.exec(seen)?.[1] ?? NaN);
      const end = seen.indexOf('\r\n\r\n') + 4;
      if (end < 4 || (!answersAtHead && seen.length < end + length)) return;
      if (answersAtHead) socket.pause();
      seen = '';
      requests += 1;
      answering(socket);
    });
  });

  beforeEach(async () => {
    [requests, connections, answersAtHead] = [0, 0, false];
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address: AddressInfo | string | null = server.address();
    const port = address === null || typeof address === 'string' ? 0 : address.port;
    sink = new WebhookSink(webhookConfig(`http://127.0.0.1:${port}/`, { timeoutMs: TIMEOUT_MS }), sinkDeps());
  });

  afterEach(async () => {
    await sink.stop();
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of open) socket.destroy();
    await closed;
  });

  const taken = { settled: 2, refused: [] };
  const bodies: readonly [name: string, answering: Answering][] = [
    ['stalls after the head', (socket) => void socket.write(`${HEAD}content-length: 10\r\n\r\n`)],
    ['stalls within the body', (socket) => void socket.write(`${HEAD}content-length: 10\r\n\r\nabc`)],
    ['stalls within a chunk', (socket) => void socket.write(`${HEAD}transfer-encoding: chunked\r\n\r\n5\r\nab`)],
    ['has no length and no end', (socket) => void socket.write(`${HEAD}\r\nabc`)],
    ['trickles', dribble],
    ['never ends', flood],
    ['is cut in the body', (socket) => void socket.end(`${HEAD}content-length: 10\r\n\r\nabc`)],
    ['has an invalid chunk', (socket) => void socket.write(`${HEAD}transfer-encoding: chunked\r\n\r\nno chunk\r\n`)],
  ];

  it.each(bodies)(
    'acknowledges by the head of a 2xx whose body %s, each time on a connection of its own',
    async (_, answer) => {
      answering = answer;
      for (let batch = 1; batch <= 5; batch += 1) expect(await sink.deliver(testEvents(1, 2))).toEqual(taken);
      expect({ requests, connections }).toEqual({ requests: 5, connections: 5 });
      await settle(() => open.size === 0);
    },
  );

  it('keeps the connection when the body ends, even some time after the head', async () => {
    answering = (socket) => {
      socket.write(`${HEAD}content-length: 5\r\n\r\n`);
      setTimeout(() => socket.write('abcde'), BODY_MS / 10);
    };
    for (let batch = 1; batch <= 5; batch += 1) expect(await sink.deliver(testEvents(1, 2))).toEqual(taken);
    expect({ requests, connections }).toEqual({ requests: 5, connections: 1 });
  });

  it('is judged by its head even when its status is not 2xx', async () => {
    answering = (socket) => void socket.write('HTTP/1.1 503 Away\r\ncontent-length: 10\r\n\r\n');
    await expect(sink.deliver(testEvents(1, 2))).rejects.toThrow('503');
    answering = (socket) => void socket.write('HTTP/1.1 422 No\r\ncontent-length: 10\r\n\r\n');
    await expect(sink.deliver([testEvent(1)])).rejects.toThrow('422');
    expect(connections).toBe(2);
  });

  it('may arrive before the request was read, and the next request succeeds', async () => {
    answersAtHead = true;
    answering = (socket) => void socket.write(`${HEAD}content-length: 0\r\n\r\n`);
    const large = testEvent(1, 'x'.repeat(20_000_000));
    expect(await sink.deliver([large])).toEqual({ settled: 1, refused: [] });
    expect(await sink.deliver([large])).toEqual({ settled: 1, refused: [] });
    expect({ requests, connections }).toEqual({ requests: 2, connections: 2 });
  });

  it('does not delay a stop', async () => {
    answering = (socket) => void socket.write(`${HEAD}content-length: 10\r\n\r\n`);
    await sink.deliver(testEvents(1, 2));
    await sink.stop();
    await settle(() => open.size === 0);
    expect(requests).toBe(1);
  });
});

function dribble(socket: Socket): void {
  socket.write(`${HEAD}content-length: 100000\r\n\r\n`);
  const timer = setInterval(() => socket.write('a'), 20);
  socket.on('close', () => clearInterval(timer));
}

function flood(socket: Socket): void {
  socket.write(`${HEAD}content-length: 100000000000\r\n\r\n`);
  const write = (): void => {
    while (socket.writable && socket.write(Buffer.alloc(65_536)));
  };
  socket.on('drain', write);
  write();
}
