// Loaded in advance, so that the driver does not have to load it.
import 'amqplib';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { AmqpLink } from '../../../src/gateway/sinks/amqp/amqp-driver.js';
import { NatsLink } from '../../../src/gateway/sinks/nats/nats.js';
import { RedisPipeline } from '../../../src/gateway/redis/redis-pipeline.js';
import { redisAddress } from '../../../src/gateway/redis/redis-url.js';
import { systemClock } from '../../../src/core/clock.js';
import { HttpCaller } from '../../../src/gateway/auth/http-caller.js';
import { WebhookClient } from '../../../src/gateway/sinks/webhook/webhook-client.js';
import { StallingPeer, type Stalling } from '../../support/stalling-peer.js';
import { settle } from '../../support/settle.js';
import { getKeySet } from '../../../src/gateway/auth/remote-key-set.js';

const ATTEMPTS = 20;
const TIMEOUT_MS = 150;
const EVERY_MS = 20;
/** The first bytes of a TLS record that never ends. */
const TLS_RECORD = Buffer.from([0x16, 0x03, 0x03, 0x40, 0x00, 0x02]);
const HTTP_HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-long: 1';
const HTTP_BODY = 'HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n{"keys":[';
const NATS_INFO = 'INFO {"server_id":"a","version":"2.10.0","max_payload":1048576,"headers":true,"proto":1}\r\n';
const NATS_TLS_INFO = NATS_INFO.replace('{', '{"tls_required":true,');
const NATS_PONG = `${NATS_INFO}PONG\r\n`;

/** Opens a connection to this port; rejects when it cannot. */
type Opening = (port: number) => Promise<unknown>;

const nats = { stream: 's', subjects: ['s'], makesStream: false, timeoutMs: TIMEOUT_MS };
const openNats: Opening = (port) => NatsLink.open({ ...nats, addr: `nats://127.0.0.1:${port}` });
const openNatsOverTls: Opening = (port) => NatsLink.open({ ...nats, addr: `tls://127.0.0.1:${port}` });
const amqp = { exchange: 'e', queue: 'q', timeoutMs: TIMEOUT_MS };
const openAmqp: Opening = (port) => AmqpLink.open({ ...amqp, addr: `amqp://127.0.0.1:${port}` });
const openAmqps: Opening = (port) => AmqpLink.open({ ...amqp, addr: `amqps://127.0.0.1:${port}` });
const openRedis: Opening = (port) => connectRedis(`redis://127.0.0.1:${port}?dial_timeout=${TIMEOUT_MS}ms`);
const openRediss: Opening = (port) => connectRedis(`rediss://127.0.0.1:${port}?dial_timeout=${TIMEOUT_MS}ms`);

const post = { method: 'POST', headers: {}, body: '{}', maxAnswerBytes: 65_536 } as const;
const callHttp: Opening = (port) => call(`http://127.0.0.1:${port}/`);
const callHttps: Opening = (port) => call(`https://127.0.0.1:${port}/`);
const postEvents: Opening = (port) => postTo(`http://127.0.0.1:${port}/`);
const postEventsOverTls: Opening = (port) => postTo(`https://127.0.0.1:${port}/`);
const fetchKeys: Opening = (port) => getKeySet(`http://127.0.0.1:${port}/`, AbortSignal.timeout(TIMEOUT_MS));
const fetchKeysOverTls: Opening = (port) => getKeySet(`https://127.0.0.1:${port}/`, AbortSignal.timeout(TIMEOUT_MS));

const caller = new HttpCaller({ keepAlive: true });

function call(url: string): Promise<unknown> {
  return caller.call({ ...post, url, signal: AbortSignal.timeout(TIMEOUT_MS) });
}

async function postTo(url: string): Promise<void> {
  const client = new WebhookClient({ url: new URL(url), timeoutMs: TIMEOUT_MS, clock: systemClock });
  await client.post(Buffer.from('{}'), {});
}

function connectRedis(url: string): Promise<void> {
  return new RedisPipeline(redisAddress(url), systemClock).connect();
}

const drivers: readonly [name: string, open: Opening, handshake: string | Buffer][] = [
  ['NATS, before INFO', openNats, ''],
  ['NATS, within INFO', openNats, NATS_INFO.slice(0, 30)],
  ['NATS, after INFO', openNats, NATS_INFO],
  ['NATS, after PONG', openNats, NATS_PONG],
  ['NATS, before the TLS handshake', openNatsOverTls, NATS_TLS_INFO],
  ['NATS, within the TLS handshake', openNatsOverTls, Buffer.concat([Buffer.from(NATS_TLS_INFO), TLS_RECORD])],
  ['AMQP, before connection.start', openAmqp, ''],
  ['AMQP, within connection.start', openAmqp, Buffer.from([1, 0, 0, 0, 0, 1, 0, 0, 10])],
  ['AMQP, before the TLS handshake', openAmqps, ''],
  ['AMQP, within the TLS handshake', openAmqps, TLS_RECORD],
  ['Redis, before its first reply', openRedis, ''],
  ['Redis, within its first reply', openRedis, '$400\r\n# Server'],
  ['Redis, before the TLS handshake', openRediss, ''],
  ['Redis, within the TLS handshake', openRediss, TLS_RECORD],
  ['the webhook sink, before the answer', postEvents, ''],
  ['the webhook sink, within the head of the answer', postEvents, HTTP_HEAD],
  ['the webhook sink, before the TLS handshake', postEventsOverTls, ''],
  ['the webhook sink, within the TLS handshake', postEventsOverTls, TLS_RECORD],
  ['the auth webhook, before the answer', callHttp, ''],
  ['the auth webhook, within the head of the answer', callHttp, HTTP_HEAD],
  ['the auth webhook, within the body of the answer', callHttp, HTTP_BODY],
  ['the auth webhook, before the TLS handshake', callHttps, ''],
  ['the auth webhook, within the TLS handshake', callHttps, TLS_RECORD],
  ['a key set, before the answer', fetchKeys, ''],
  ['a key set, within the body of the answer', fetchKeys, HTTP_BODY],
  ['a key set, before the TLS handshake', fetchKeysOverTls, ''],
  ['a key set, within the TLS handshake', fetchKeysOverTls, TLS_RECORD],
];

describe.concurrent.each(drivers)('%s', (_, open, handshake) => {
  it('an attempt at a silent peer leaves no socket behind', async () => {
    expect(await socketsLeft(open, { says: handshake })).toBe(0);
  });

  it('an attempt at a peer that trickles bytes leaves no socket behind', async () => {
    const dribbles = handshake.length === 0 ? '$9999999\r\n' : handshake;
    expect(await socketsLeft(open, { dribbles, everyMs: EVERY_MS })).toBe(0);
  });
});

it.each([
  ['NATS', (port: number, giveUp: AbortSignal) => NatsLink.open({ ...nats, addr: `nats://127.0.0.1:${port}`, giveUp })],
  ['AMQP', (port: number, giveUp: AbortSignal) => AmqpLink.open({ ...amqp, addr: `amqp://127.0.0.1:${port}`, giveUp })],
  [
    'AMQPS',
    (port: number, giveUp: AbortSignal) => AmqpLink.open({ ...amqp, addr: `amqps://127.0.0.1:${port}`, giveUp }),
  ],
] as const)('%s, given up before it begins to connect, leaves no socket behind', async (_, open) => {
  const peer = await StallingPeer.start({ says: '' });
  const controller = new AbortController();
  const opening = open(peer.port, controller.signal);
  controller.abort(new Error('given up'));
  await expect(opening).rejects.toThrow('given up');
  // Earlier connections have been accepted before this one.
  await new Promise<void>((resolve) => setImmediate(resolve));
  const later = connect(peer.port, '127.0.0.1');
  await settle(() => peer.accepted > 0 && peer.open === 1);
  await new Promise<void>((resolve) => later.end(resolve));
  await settle(() => peer.open === 0);
  await peer.stop();
});

it('bytes that never complete a reply of Redis count as silence', async () => {
  const server = createServer((socket) => {
    socket.once('data', () => {
      // HELLO, INFO twice, CLUSTER INFO and PING.
      socket.write('+OK\r\n'.repeat(5));
      socket.once('data', () => dribble(socket));
    });
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address: AddressInfo | string | null = server.address();
  const port = address === null || typeof address === 'string' ? 0 : address.port;
  // Long enough for the introduction on a busy machine.
  const timeoutMs = 2_000;
  const url = `redis://127.0.0.1:${port}?read_timeout=${timeoutMs}ms`;
  const pipeline = new RedisPipeline(redisAddress(url), systemClock);
  await pipeline.connect();
  await expect(pipeline.call([Buffer.from('PING\r\n')])).rejects.toThrow(`no reply for ${timeoutMs} ms`);
  await new Promise((resolve) => server.close(resolve));
});

function dribble(socket: Socket): void {
  socket.write('$9999\r\n');
  const timer = setInterval(() => socket.write('a'), EVERY_MS);
  socket.on('close', () => clearInterval(timer));
}

/**
 * Tries until `count` sockets were accepted, some perhaps after the end of their attempt. Between
 * two attempts at most one is open.
 */
async function socketsLeft(open: Opening, stalling: Stalling): Promise<number> {
  const peer = await StallingPeer.start(stalling);
  try {
    // On a busy machine an attempt may time out before it has connected.
    while (peer.accepted < ATTEMPTS) {
      await expect(open(peer.port)).rejects.toBeInstanceOf(Error);
      await settle(() => peer.open <= 1);
    }
    await settle(() => peer.open === 0);
    return peer.open;
  } finally {
    await peer.stop();
  }
}
