// Client messages into a Redis stream: the whole gateway on two cores with Redis and 50 clients,
// and the sink alone beside a bare socket.
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { median, startPinned } from '../support/pinned-process.mjs';
import { startRedis } from '../support/redis-server.mjs';
import { checkStream } from './read-stream.mjs';

export const name = 'inbound';

const here = import.meta.dirname;
const STREAM = 'connectionevents';
const CLIENTS = 50;
const TURNS = Number(process.env.INBOUND_TURNS ?? 5);
const WARM_UP_MESSAGES = 100_000;
const MEASURED_MESSAGES = 600_000;
/**
 * So far clients may be ahead of the stream: more than the gateway has on its way, less than its
 * outbox holds.
 */
const AHEAD = 10_000;
const LOOK_EACH_MS = 2;
/** After this time without a message, the rest was refused, or its client closed. */
const STALL_MS = 15_000;
const WRITTEN_EVENTS = 300_000;
const WANTED_PER_SECOND = 250_000;
const WANTED_SHARE = 0.7;

/** Lets the clients send until `total` messages are in the stream. */
async function sendUntil(total, { redis, senders, ahead }) {
  let last = { arrived: -1, atMs: performance.now() };
  for (;;) {
    const opens = CLIENTS;
    const arrived = (await redis.client.xLen(STREAM)) - opens;
    if (arrived >= total) return;
    if (arrived !== last.arrived) last = { arrived, atMs: performance.now() };
    else if (performance.now() - last.atMs > STALL_MS) throw new Error(`${total - arrived} of ${total} did not arrive`);
    await senders.ask(Math.min(total, Math.max(arrived, 0) + ahead));
    await wait(LOOK_EACH_MS);
  }
}

async function costs({ redis, gateway, senders }) {
  const [server, clients] = await Promise.all([gateway.ask('cost'), senders.ask(0)]);
  return { gateway: server.cpuUs, clients: clients.cpuUs, redis: redis.cpuSeconds() * 1e6, atMs: performance.now() };
}

/**
 * The whole gateway. `ahead`: so far the clients may be in front of the stream; Infinity: they send
 * as fast as TCP lets them.
 */
const GATEWAYS = [
  { title: 'on ws', transport: 'ws', ahead: AHEAD },
  { title: 'on ws, unpaced', transport: 'ws', ahead: Infinity },
  { title: 'on uws', transport: 'uws', ahead: AHEAD },
];

async function measureGateway({ transport, ahead }) {
  const parts = { redis: await startRedis(), ahead };
  try {
    parts.gateway = await startPinned(join(here, 'gateway-server.mjs'), [parts.redis.url, transport]);
    parts.senders = await startPinned(join(here, 'senders.mjs'), [parts.gateway.first, CLIENTS]);
    await sendUntil(WARM_UP_MESSAGES, parts);
    const before = await costs(parts);
    const total = WARM_UP_MESSAGES + MEASURED_MESSAGES;
    await sendUntil(total, parts);
    const after = await costs(parts);
    const each = (part) => (after[part] - before[part]) / MEASURED_MESSAGES;
    const { messages, outOfOrder } = await checkStream(parts.redis.client, STREAM);
    const perSecond = (MEASURED_MESSAGES * 1000) / (after.atMs - before.atMs);
    return {
      perSecond,
      gateway: each('gateway'),
      redis: each('redis'),
      clients: each('clients'),
      lost: total - messages,
      outOfOrder,
    };
  } finally {
    await parts.senders?.stop();
    await parts.gateway?.stop();
    await parts.redis.stop();
  }
}

async function measureWriter(kind) {
  const redis = await startRedis({ core: 1 });
  const writer = await startPinned(join(here, 'writer.mjs'), [kind, redis.port, WRITTEN_EVENTS], { core: 0 });
  try {
    await writer.ask('write');
    return await writer.ask('write');
  } finally {
    await writer.stop();
    await redis.stop();
  }
}

const thousands = (perSecond) => `${Math.round(perSecond / 1000)} k`;

function gatewayRow(title, samples) {
  const middle = (key) => median(samples.map((sample) => sample[key]));
  const sum = (key) => samples.reduce((total, sample) => total + sample[key], 0);
  const isFast = middle('perSecond') >= WANTED_PER_SECOND;
  return {
    what: `${CLIENTS} clients, gateway ${title}, with Redis on two cores`,
    'messages/s': thousands(middle('perSecond')),
    wanted: `${thousands(WANTED_PER_SECOND)}${isFast ? '' : ' missed'}`,
    'CPU us each': `gateway ${middle('gateway').toFixed(2)}, Redis ${middle('redis').toFixed(2)}, clients ${middle('clients').toFixed(2)}`,
    'lost, out of order': `${sum('lost')}, ${sum('outOfOrder')}`,
  };
}

function writerRows(bare, sink) {
  const speed = (samples) => median(samples.map(({ perSecond }) => perSecond));
  const cost = (samples) => median(samples.map(({ cpuUs }) => cpuUs)).toFixed(2);
  const share = speed(sink) / speed(bare);
  return [
    {
      what: 'the sink alone, Redis on the other core',
      'messages/s': thousands(speed(sink)),
      wanted: `${WANTED_SHARE} of the bare socket: ${share.toFixed(2)}${share >= WANTED_SHARE ? '' : ' missed'}`,
      'CPU us each': cost(sink),
    },
    { what: 'a bare socket, pre-encoded XADDs', 'messages/s': thousands(speed(bare)), 'CPU us each': cost(bare) },
  ];
}

/** The table that `npm run bench` writes. */
export async function measure() {
  const whole = new Map(GATEWAYS.map(({ title }) => [title, []]));
  const sink = [];
  const bare = [];
  for (let turn = 0; turn < TURNS; turn += 1) {
    for (const gateway of GATEWAYS) whole.get(gateway.title).push(await measureGateway(gateway));
    sink.push(await measureWriter('sink'));
    bare.push(await measureWriter('bare'));
  }
  return {
    title: 'Client messages into a Redis stream',
    rows: [...[...whole].map(([title, samples]) => gatewayRow(title, samples)), ...writerRows(bare, sink)],
    notes: [
      `Medians of ${TURNS} turns, one of each in turn. Texts of 16 bytes, one tag, no append-only file.`,
      `The clients are raw sockets that write ${100} frames at once and stay at most ${AHEAD} messages ahead of the stream, unpaced as far as TCP lets them; it is read back and checked: each client's messages in order, none missing, none twice.`,
      'The sink sends 1,000 events as one transaction and waits for its replies; the bare socket has up to 4,000 plain XADDs under way and only counts line ends.',
    ],
  };
}
