import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../../src/core/clock.js';
import { ClusterKeys } from '../../../src/gateway/mirror/cluster-keys.js';
import { LostConnections, type AdoptingOutbox } from '../../../src/gateway/mirror/lost-connections.js';
import { LostEvents } from '../../../src/gateway/mirror/lost-events.js';
import type { NewEvent } from '../../../src/gateway/outbox/outbox.js';
import { redisAddress } from '../../../src/gateway/redis/redis-url.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { startRedis, type RedisBroker } from '../../support/redis-broker.js';
import { RedisStreamReader } from '../../support/redis-stream-reader.js';

const MEMBER = '0007:1700000000000';
const CONNECTIONS = 1_200;
const keys = new ClusterKeys('c');

let redis: RedisBroker;
let reader: RedisStreamReader;

beforeAll(async () => {
  redis = await startRedis();
});

afterAll(() => redis.process.dispose());

beforeEach(async () => {
  reader = await RedisStreamReader.open(redis);
  await reader.command('FLUSHALL');
});

function idOf(index: number): string {
  return `${index.toString(16).padStart(8, '0')}-0000-4000-8000-000000000007`;
}

/** Writes a lost node's keys: open events up to the sequence `delivered` are delivered. */
async function lose(connections: number, delivered = connections): Promise<void> {
  await reader.command('SADD', keys.members, MEMBER);
  await reader.command('HSET', keys.open(MEMBER), '', `${delivered} 0007-1700000000000`);
  for (let index = 1; index <= connections; index += 1) {
    await reader.command('HSET', keys.open(MEMBER), idOf(index), `${index} 0 - /connect`);
    await reader.command('HSET', `connection:${idOf(index)}:tags`, 'room', String(index), 'hidden', 'x');
  }
}

/** An outbox with room for some events, which delivers when it is told to. */
class SmallOutbox implements AdoptingOutbox {
  readonly events: NewEvent[] = [];
  deliveredThrough = 0;
  readonly recoveredThrough = 0;
  mostWaiting = 0;
  readonly #room: number;
  readonly #listeners: (() => void)[] = [];

  constructor(room: number) {
    this.#room = room;
  }

  adopt(event: NewEvent): number {
    if (this.events.length - this.deliveredThrough >= this.#room) return 0;
    this.events.push(event);
    this.mostWaiting = Math.max(this.mostWaiting, this.events.length - this.deliveredThrough);
    return this.events.length;
  }

  onRoom(listener: () => void): void {
    this.#listeners.push(listener);
  }

  onDelivered(): void {
    // It delivers when there is room again.
  }

  deliver(through = this.events.length): void {
    this.deliveredThrough = through;
    for (const listener of this.#listeners) listener();
  }

  get delivered(): readonly NewEvent[] {
    return this.events.slice(0, this.deliveredThrough);
  }
}

function closer(outbox: AdoptingOutbox): LostConnections {
  const log = new RecordingLogger();
  const events = new LostEvents({
    endpoints: [{ path: '/connect', includeTags: ['room'] }],
    templates: [{ text: 'rooms.{tag.room}' }],
    clock: systemClock,
    log,
  });
  const address = redisAddress(redis.url);
  const lost = new LostConnections({ address, keys, outbox, events, isLogged: false, clock: systemClock, log });
  onTestFinished(() => lost.finish());
  return lost;
}

const isSettled = async () => (await reader.text('SISMEMBER', keys.members, MEMBER)) === 0;

it('closes each connection once, with tags and destinations, within the room of the outbox', async () => {
  await lose(CONNECTIONS);
  const outbox = new SmallOutbox(100);
  closer(outbox).take(MEMBER);
  while (!(await isSettled())) outbox.deliver();
  expect(outbox.mostWaiting).toBe(100);
  expect(new Set(outbox.events.map(({ connection }) => connection)).size).toBe(CONNECTIONS);
  expect(outbox.events).toHaveLength(CONNECTIONS);
  expect(outbox.events.find(({ connection }) => connection === idOf(9))).toEqual({
    connection: idOf(9),
    action: 'close',
    reason: 'node_lost',
    tags: 'room=9',
    destinations: ['rooms.9'],
  });
  expect(await reader.text('KEYS', 'connection:*')).toEqual([]);
  expect(await reader.text('SCARD', keys.closed('0007'))).toBe(CONNECTIONS);
});

it('another node goes on where one was lost in the middle, and closes none twice', async () => {
  await lose(CONNECTIONS);
  const first = new SmallOutbox(700);
  const one = closer(first);
  one.take(MEMBER);
  // One batch is delivered and settled, and a part of the next is lost with the node.
  await expect.poll(() => first.events.length).toBeGreaterThanOrEqual(499);
  first.deliver();
  await expect.poll(() => first.events.length).toBeGreaterThan(600);
  one.abandon();
  one.stop();

  const second = new SmallOutbox(CONNECTIONS);
  closer(second).take(MEMBER);
  while (!(await isSettled())) second.deliver();
  const closed = [...first.delivered, ...second.delivered].map(({ connection }) => connection);
  expect(closed).toHaveLength(CONNECTIONS);
  expect(new Set(closed).size).toBe(CONNECTIONS);
});

it('an open event that is not known to be delivered comes before the close event', async () => {
  await lose(10, 4);
  const outbox = new SmallOutbox(100);
  closer(outbox).take(MEMBER);
  while (!(await isSettled())) outbox.deliver();
  const actions = (index: number): string[] =>
    outbox.events.filter(({ connection }) => connection === idOf(index)).map(({ action }) => action);
  expect(actions(4)).toEqual(['close']);
  expect(actions(5)).toEqual(['open', 'close']);
  expect(outbox.events).toHaveLength(10 + 6);
});

it('events that the lost node had accepted keep their ids, reasons and order, unless they are delivered', async () => {
  await lose(4, 3);
  const close = (index: number, sequence: number, opened = 0) =>
    reader.command('HSET', keys.open(MEMBER), idOf(index), `${opened} ${sequence} closed_by_client /connect`);
  await close(1, 6);
  await close(2, 5);
  await close(3, 2);
  await close(4, 7, 4);
  const outbox = new SmallOutbox(100);
  closer(outbox).take(MEMBER);
  while (!(await isSettled())) outbox.deliver();
  const id = (sequence: number): string => `0007-1700000000000-${sequence}`;
  expect(outbox.events.map(({ connection, reason, originalId }) => [connection, reason, originalId])).toEqual([
    [idOf(4), undefined, id(4)],
    [idOf(2), 'closed_by_client', id(5)],
    [idOf(1), 'closed_by_client', id(6)],
    [idOf(4), 'closed_by_client', id(7)],
  ]);
});

it('events of an endpoint that is not configured go out without tags, to their destinations', async () => {
  await lose(1);
  await reader.command('HSET', keys.open(MEMBER), idOf(1), '1 0 - /gone');
  const outbox = new SmallOutbox(100);
  closer(outbox).take(MEMBER);
  while (!(await isSettled())) outbox.deliver();
  expect(outbox.events).toEqual([
    { connection: idOf(1), action: 'close', reason: 'node_lost', tags: '', destinations: ['rooms.1'] },
  ]);
});
