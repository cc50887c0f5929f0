import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'amqplib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { consumeQueue } from '../support/amqp-consumer.js';
import { startNats, type NatsBroker } from '../support/nats-broker.js';
import { readStream, withManager } from '../support/nats-stream.js';
import { startRabbitmq, type RabbitmqBroker } from '../support/rabbitmq-broker.js';
import { startRedis, type RedisBroker } from '../support/redis-broker.js';
import { RedisStreamReader } from '../support/redis-stream-reader.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { runWsg, WsgProcess } from '../support/wsg-process.js';

const LETTERS = 10_000;
const KILLS = 3;
/** Number of letters that arrive between two kills. */
const BETWEEN_KILLS = 600;
const TIME = { timeout: 180_000 };

/** The backend of a sink, and its configuration. */
interface Backend {
  readonly sink: 'redis' | 'amqp' | 'nats';
  /**
   * Makes one destination, and the destinations `a`, which takes events, and `b`, which takes none.
   */
  readonly prepare: () => Promise<void>;
  /** Configuration of the sink, with the one destination or with a template. */
  readonly yaml: (isTemplate: boolean) => string;
  /** Number of messages in the backend. */
  readonly count: () => Promise<number>;
  /**
   * Resolves with their event ids in order, once there are `count` different ones. Call it once.
   */
  readonly ids: (count: number) => Promise<readonly string[]>;
}

let redis: RedisBroker;
let rabbitmq: RabbitmqBroker;
let nats: NatsBroker;

beforeAll(async () => {
  [redis, rabbitmq, nats] = await Promise.all([startRedis(), startRabbitmq(), startNats()]);
}, 180_000);

afterAll(() => Promise.all([redis.process.dispose(), rabbitmq.dispose(), nats.process.dispose()]));

async function onChannel<T>(work: (channel: Channel) => Promise<T>): Promise<T> {
  const model = await connect(rabbitmq.url);
  try {
    return await work(await model.createChannel());
  } finally {
    await model.close();
  }
}

type Channel = Awaited<ReturnType<Awaited<ReturnType<typeof connect>>['createChannel']>>;

const BACKENDS: readonly Backend[] = [
  {
    sink: 'redis',
    prepare: async () => {
      const reader = await RedisStreamReader.open(redis);
      await reader.command('FLUSHALL');
      await reader.command('SET', 'b', 'no stream');
    },
    yaml: (isTemplate) =>
      `stream_redis: {addr: '${redis.url}', stream_name: '${isTemplate ? '{tag.room}' : 'a'}', event_id_field: id}`,
    count: async () => Number(await (await RedisStreamReader.open(redis)).command('XLEN', 'a')),
    ids: async (count) => {
      const entries = await (await RedisStreamReader.open(redis)).entries(count, 'a');
      return entries.map((entry) => String(entry.get('id')));
    },
  },
  {
    sink: 'amqp',
    prepare: () =>
      onChannel(async (channel) => {
        await channel.deleteQueue('a');
        await channel.assertExchange('events', 'topic', { durable: true });
        await channel.assertQueue('a', { durable: true });
        await channel.bindQueue('a', 'events', 'a');
      }),
    yaml: (isTemplate) =>
      `stream_amqp: {addr: '${rabbitmq.url}', exchange: events, routing_key: '${isTemplate ? '{tag.room}' : 'a'}'}`,
    count: () => onChannel(async (channel) => (await channel.checkQueue('a')).messageCount),
    ids: async (count) =>
      (await consumeQueue(rabbitmq.url, 'a', count)).map(({ properties }) => String(properties.messageId)),
  },
  {
    sink: 'nats',
    prepare: () =>
      withManager(nats.url, async (manager) => {
        for (const { config } of await manager.streams.list().next()) await manager.streams.delete(config.name);
        await manager.streams.add({ name: 'events', subjects: ['room.a'] });
      }),
    yaml: (isTemplate) =>
      `stream_nats: {addr: '${nats.url}', stream: events, subject: '${isTemplate ? 'room.{tag.room}' : 'room.a'}'}`,
    count: () => withManager(nats.url, async (manager) => (await manager.streams.info('events')).state.messages),
    ids: async (count) =>
      (await readStream(nats.url, 'events', count)).map(({ header }) => header('Nats-Msg-Id') ?? ''),
  },
];

function id(number: number): string {
  return `00af-1700000000000-${number}`;
}

function letter(number: number, place: 'a' | 'b'): string {
  const message = Buffer.from('x'.repeat(100)).toString('base64');
  const destinations = { redis: place, amqp: place, nats: `room.${place}` };
  const fields = { id: id(number), connection: place, action: 'message', type: 'text', tags: '', destinations };
  return `${JSON.stringify({ time: '2026-01-01T00:00:00.000Z', ...fields, reason: 'No.', message })}\n`;
}

/** Makes a folder with dead letters of the sink, and its configuration. */
async function create({ sink, prepare, yaml }: Backend, { isTemplate, text }: Letters) {
  await prepare();
  const dir = await temporaryFolder();
  await writeFile(join(dir, `${sink}.jsonl`), text);
  const config = join(await temporaryFolder(), 'config.yml');
  await writeFile(config, `endpoints: [{path: /ws}]\n${yaml(isTemplate)}\noutbox: {dead_letter_dir: '${dir}'}\n`);
  return { dir, config };
}

interface Letters {
  readonly isTemplate: boolean;
  readonly text: string;
}

function numbers(last: number): readonly number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}

describe.each(BACKENDS)('wsg outbox redeliver to $sink', TIME, (backend) => {
  it('sends every letter once, in order and with its id, and removes it', async () => {
    const text = numbers(1_200).map((number) => letter(number, 'a'));
    const { dir, config } = await create(backend, { isTemplate: false, text: text.join('') });
    const { code, stdout } = await runWsg(['outbox', 'redeliver', '--config', config]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${backend.sink}: 1200 delivered, 0 refused again\n` });
    expect(await backend.ids(1_200)).toEqual(numbers(1_200).map(id));
    expect(await readdir(dir)).toEqual([]);
  });

  it('keeps letters that their destination refuses again, with the new reason, and sends the others', async () => {
    const text = numbers(100).map((number) => letter(number, number % 10 === 0 ? 'b' : 'a'));
    const { dir, config } = await create(backend, { isTemplate: true, text: text.join('') });
    const { code, stdout } = await runWsg(['outbox', 'redeliver', '--config', config]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${backend.sink}: 90 delivered, 10 refused again\n` });
    const taken = numbers(100).filter((number) => number % 10 !== 0);
    expect(new Set(await backend.ids(90))).toEqual(new Set(taken.map(id)));
    const left = (await readFile(join(dir, `${backend.sink}.jsonl`), 'utf8')).trimEnd().split('\n');
    expect(left.map((line) => String(JSON.parse(line).id))).toEqual(numbers(10).map((tenth) => id(10 * tenth)));
    expect(left.filter((line) => line.includes('"reason":"No."'))).toEqual([]);
  });

  it('loses none and keeps their order when it is killed repeatedly', async () => {
    const text = numbers(LETTERS).map((number) => letter(number, 'a'));
    const { dir, config } = await create(backend, { isTemplate: false, text: text.join('') });
    let inTheMiddle = 0;
    for (let kill = 1; kill <= KILLS; kill++) {
      const enough = (await backend.count()) + BETWEEN_KILLS;
      const command = new WsgProcess(['outbox', 'redeliver', '--config', config]);
      let isOver = false;
      void command.ended.then(() => (isOver = true));
      while (!isOver && (await backend.count()) < enough);
      command.kill('SIGKILL');
      const { signal } = await command.ended;
      if (signal === 'SIGKILL') inTheMiddle++;
    }
    expect(inTheMiddle).toBeGreaterThan(0);
    expect(await runWsg(['outbox', 'redeliver', '--config', config])).toMatchObject({ code: 0 });
    expect(await readdir(dir)).toEqual([]);
    expect([...new Set(await backend.ids(LETTERS))]).toEqual(numbers(LETTERS).map(id));
  });
});
