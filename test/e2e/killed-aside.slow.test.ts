import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { OPCODE, RawWebSocket } from '../support/raw-websocket.js';
import { startRedis } from '../support/redis-broker.js';
import { RedisStreamReader } from '../support/redis-stream-reader.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';
import { WsgProcess } from '../support/wsg-process.js';

const MESSAGES = 20;
const ROOMS = ['a', 'b'] as const;
type Found = Readonly<Record<string, string | undefined>>;

/**
 * A gateway with a webhook that fails for one event, and a Redis in which one stream takes nothing.
 */
async function create() {
  const redis = await startRedis();
  onTestFinished(() => redis.process.dispose());
  const reader = await RedisStreamReader.open(redis);
  await reader.command('SET', 'b', 'no stream');
  const receiver = await WebhookReceiver.start();
  onTestFinished(() => receiver.stop());
  receiver.answering = ({ body }, response) => void response.writeHead(body.includes('poison') ? 500 : 204).end();
  const folder = await temporaryFolder();
  const config = join(folder, 'config.yml');
  const lines = [
    'endpoints:',
    ...ROOMS.map((room) => `  - {path: /${room}, set_tags: {room: ${room}}, stream_include_tags: [room]}`),
    `stream_webhook: {url: '${receiver.url}'}`,
    `stream_redis: {addr: '${redis.url}', stream_name: '{tag.room}', event_id_field: id, close_reason_field: reason}`,
    `outbox: {dir: '${join(folder, 'outbox')}', durability: disk, fsync: always}`,
  ];
  await writeFile(config, lines.join('\n'));
  return { config, reader, receiver };
}

async function start(config: string) {
  const wsg = new WsgProcess(['serve', '--config', config, '--listen', '127.0.0.1:0', '--ready-fd', '3']);
  const { port } = await wsg.ready;
  const readiness = async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).text();
  return { wsg, port, readiness };
}

/** Sends one message and then numbers. */
async function talk(port: number, room: string, first: string): Promise<void> {
  const client = await RawWebSocket.open(port, `/${room}`);
  onTestFinished(() => client.destroy());
  client.send(OPCODE.text, first);
  for (let number = 1; number <= MESSAGES; number++) client.send(OPCODE.text, String(number));
}

/** The first occurrence of each event, grouped by the first message of its connection. */
function conversations(events: readonly Found[]): Map<string, string[]> {
  const seen = new Set<string>();
  const all = new Map<string, string[]>();
  for (const { id = '', connection = '', action = '', message, reason } of events) {
    if (seen.has(id)) continue;
    seen.add(id);
    all.set(connection, [...(all.get(connection) ?? []), message ?? `${action} ${reason ?? ''}`.trim()]);
  }
  return new Map([...all.values()].map((texts) => [texts[1] ?? '', texts]));
}

function whole(first: string): [string, string[]] {
  const numbers = Array.from({ length: MESSAGES }, (_, index) => String(index + 1));
  return [first, ['open', first, ...numbers, 'close node_crashed']];
}

function mostRepeated(events: readonly Found[]): number {
  const counts = new Map<string, number>();
  for (const { id = '' } of events) counts.set(id, (counts.get(id) ?? 0) + 1);
  return Math.max(...counts.values());
}

it('kill -9 loses no event that is set aside, keeps their order, and sends none more than twice', async () => {
  const { config, reader, receiver } = await create();
  const before = await start(config);
  await talk(before.port, 'a', 'first');
  await talk(before.port, 'b', 'away');
  await talk(before.port, 'a', 'poison');
  await talk(before.port, 'a', 'last');
  // Everything that nothing blocks has been delivered.
  await expect.poll(before.readiness).toMatch(/sink_webhook_aside: events=21 /);
  await expect.poll(before.readiness).toMatch(/sink_redis_aside: events=22 destinations=1/);
  await expect.poll(before.readiness).toMatch(/sink_webhook: \S+ required waiting=21 /);
  await expect.poll(before.readiness).toMatch(/sink_redis: \S+ required waiting=22 /);
  before.wsg.kill('SIGKILL');
  await before.wsg.ended;
  receiver.answering = (_, response) => void response.end();
  await reader.command('DEL', 'b');
  const after = await start(config);
  await expect.poll(after.readiness).toMatch(/outbox_events: 0\n/);
  const posted = receiver.taken;
  const streamed = (await Promise.all(ROOMS.map((room) => reader.entries(1, room)))).flat();
  const stored = streamed.map((entry) =>
    Object.fromEntries(Array.from(entry, ([name, value]) => [name, String(value)])),
  );
  const expected = new Map(['first', 'away', 'poison', 'last'].map(whole));
  expect(conversations(posted)).toEqual(expected);
  expect(conversations(stored)).toEqual(expected);
  expect(Math.max(mostRepeated(posted), mostRepeated(stored))).toBeLessThanOrEqual(2);
});
