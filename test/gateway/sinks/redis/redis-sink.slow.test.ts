import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { GatewayEvent } from '../../../../src/gateway/event/gateway-event.js';
import { RedisSink, type RedisSinkConfig } from '../../../../src/gateway/sinks/redis/redis-sink.js';
import { freePort } from '../../../support/broker-process.js';
import { startRedis, type RedisBroker } from '../../../support/redis-broker.js';
import { RedisStreamReader, type StreamEntry } from '../../../support/redis-stream-reader.js';
import { sinkDeps } from '../../../support/sink-deps.js';
import { testEvent, testEvents } from '../../../support/test-event.js';

let redis: RedisBroker;

beforeAll(async () => {
  redis = await startRedis();
});

afterAll(() => redis.process.dispose());

beforeEach(async () => {
  await (await RedisStreamReader.open(redis)).command('FLUSHALL');
});

function createSink(changes: Partial<RedisSinkConfig> = {}): RedisSink {
  const sink = new RedisSink(
    {
      addr: redis.url,
      streamName: 'connectionevents',
      eventIdField: undefined,
      closeReasonField: undefined,
      maxLen: 0,
      ...changes,
    },
    sinkDeps(),
  );
  onTestFinished(() => sink.stop());
  return sink;
}

function certificate(name: string): string {
  return fileURLToPath(new URL(`../../../support/certificates/${name}.pem`, import.meta.url));
}

function asObject(entry: StreamEntry): Record<string, string> {
  return Object.fromEntries([...entry].map(([name, value]) => [name, value.toString()]));
}

function texts(entries: readonly StreamEntry[]): (string | undefined)[] {
  return entries.map((entry) => entry.get('message')?.toString());
}

function to(stream: string, event: GatewayEvent): GatewayEvent {
  return { ...event, destinations: [stream] };
}

describe('an entry', () => {
  const id = '0f8fad5b-d9cb-469f-a165-70867728950e';
  const events: GatewayEvent[] = [
    { ...testEvent(1), connection: id, action: 'open', type: undefined, message: undefined, tags: 'a=%C3%A4&b=x+y' },
    { ...testEvent(2), connection: id },
    { ...testEvent(3), connection: id, type: 'binary', tags: '' },
    {
      ...testEvent(4),
      connection: id,
      action: 'close',
      type: undefined,
      message: undefined,
      reason: 'connection_lost',
    },
  ];
  const fields = [
    { connection: id, action: 'open', tags: 'a=%C3%A4&b=x+y' },
    { connection: id, action: 'message', type: 'text', tags: 'foo=bar', message: 'hello' },
    { connection: id, action: 'message', type: 'binary', tags: '', message: 'hello' },
    { connection: id, action: 'close', tags: 'foo=bar' },
  ];

  it('has exactly the fields of wsgateway', async () => {
    expect(await createSink().deliver(events)).toEqual({ settled: 4, refused: [] });
    const entries = await (await RedisStreamReader.open(redis)).entries(4);
    expect(entries.map(asObject)).toEqual(fields);
  });

  it('has the event id and the reason of a close in the configured fields', async () => {
    await createSink({ eventIdField: 'event', closeReasonField: 'why' }).deliver(events);
    const entries = await (await RedisStreamReader.open(redis)).entries(4);
    const withIds = fields.map((one, index) => ({ ...one, event: testEvent(index + 1).id }));
    expect(entries.map(asObject)).toEqual([...withIds.slice(0, 3), { ...withIds[3], why: 'connection_lost' }]);
  });

  it('preserves every byte of messages of all sizes around the chunk size', async () => {
    const sizes = [0, 1, 9, 10, 99, 100, 8_191, 8_192, 8_193, 32_000, 32_768, 65_536, 1_000_000];
    const batch = sizes.map((size, index) => ({
      ...testEvent(index + 1),
      type: 'binary' as const,
      message: Buffer.alloc(size, Buffer.from(Array.from({ length: 251 }, (_, at) => (at * 31 + size) % 256))),
    }));
    expect(await createSink().deliver(batch)).toEqual({ settled: sizes.length, refused: [] });
    const entries = await (await RedisStreamReader.open(redis)).entries(sizes.length);
    const isSame = entries.map((entry, index) => batch[index]?.message.equals(entry.get('message') ?? Buffer.of(0)));
    expect(isSame).toEqual(sizes.map(() => true));
  });

  it('goes to the stream of its template', async () => {
    await createSink().deliver([to('a', testEvent(1)), testEvent(2), to('ä', testEvent(3)), to('a', testEvent(4))]);
    const reader = await RedisStreamReader.open(redis);
    expect(await Promise.all(['a', 'connectionevents', 'ä'].map((key) => reader.command('XLEN', key)))).toEqual([
      2, 1, 1,
    ]);
  });

  it('removes the oldest from a bounded stream', async () => {
    const sink = createSink({ maxLen: 10 });
    for (let first = 1; first <= 1_000; first += 100) await sink.deliver(testEvents(first, first + 99));
    expect(await (await RedisStreamReader.open(redis)).command('XLEN', 'connectionevents')).toBeLessThan(200);
  });
});

describe('events that Redis refuses', () => {
  it('are reported one by one with the stream as the cause, and the others are taken', async () => {
    const reader = await RedisStreamReader.open(redis);
    await reader.command('SET', 'text', 'x');
    const good = (sequence: number, text: string) => to('connectionevents', testEvent(sequence, text));
    const batch = [good(1, 'a'), to('text', testEvent(2)), good(3, 'b'), to('text', testEvent(4))];
    const { settled, refused, failed = [] } = await createSink({ streamName: '{tag.stream}' }).deliver(batch);
    expect([settled, refused]).toEqual([4, []]);
    expect(failed.map(({ event, failure }) => [event.sequence, failure.blames])).toEqual([
      [2, 'destination'],
      [4, 'destination'],
    ]);
    expect(failed[0]?.failure.reason).toContain('WRONGTYPE');
    expect(texts(await reader.entries(2))).toEqual(['a', 'b']);
  });

  it('include those of streams without the right to write', async () => {
    const reader = await RedisStreamReader.open(redis);
    await reader.command('ACL', 'SETUSER', 'gate', 'on', '>pw', '~connectionevents', '+@all');
    const sink = createSink({ addr: redis.url.replace('//', '//gate:pw@'), streamName: '{tag.stream}' });
    await sink.start();
    const good = (sequence: number, text: string) => to('connectionevents', testEvent(sequence, text));
    const { settled, failed = [] } = await sink.deliver([good(1, 'a'), to('other', testEvent(2)), good(3, 'b')]);
    expect(settled).toBe(3);
    expect(failed.map(({ event, failure }) => [event.sequence, failure.blames])).toEqual([[2, 'destination']]);
    expect(failed[0]?.failure.reason).toContain('NOPERM');
    expect(texts(await reader.entries(2))).toEqual(['a', 'b']);
  });

  it('include messages that are too large for the server', async () => {
    const reader = await RedisStreamReader.open(redis);
    await reader.command('CONFIG', 'SET', 'proto-max-bulk-len', '1mb');
    onTestFinished(async () => void (await reader.command('CONFIG', 'SET', 'proto-max-bulk-len', '512mb')));
    const large = { ...testEvent(2), message: Buffer.alloc(3_000_000) };
    const receipt = await createSink().deliver([testEvent(1, 'a'), large, testEvent(3, 'b')]);
    expect(receipt.refused.map(({ event }) => event.sequence)).toEqual([2]);
    expect(texts(await reader.entries(2))).toEqual(['a', 'b']);
  });
});

describe('a temporary error', () => {
  it.each([
    ['OOM', ['maxmemory', '1mb'], ['maxmemory', '0']],
    ['NOREPLICAS', ['min-replicas-to-write', '1'], ['min-replicas-to-write', '0']],
  ])('%s takes nothing of the batch, and all of it later', async (code, [name = '', bad = ''], [, good = '']) => {
    const reader = await RedisStreamReader.open(redis);
    onTestFinished(async () => void (await reader.command('CONFIG', 'SET', name, good)));
    const sink = createSink();
    await sink.start();
    await reader.command('CONFIG', 'SET', name, bad);
    await expect(sink.deliver(testEvents(1, 100))).rejects.toThrow(code);
    expect(await reader.command('XLEN', 'connectionevents')).toBe(0);
    await reader.command('CONFIG', 'SET', name, good);
    expect(await sink.deliver(testEvents(1, 100))).toEqual({ settled: 100, refused: [] });
  });

  it('READONLY leaves the events of a wrong stream for later too', async () => {
    const reader = await RedisStreamReader.open(redis);
    await reader.command('SET', 'text', 'x');
    onTestFinished(async () => void (await reader.command('REPLICAOF', 'NO', 'ONE')));
    const sink = createSink({ streamName: '{tag.stream}' });
    await sink.start();
    const batch = [to('connectionevents', testEvent(1)), to('text', testEvent(2))];
    await reader.command('REPLICAOF', '127.0.0.1', String(await freePort()));
    await expect(sink.deliver(batch)).rejects.toThrow(/READONLY|MASTERDOWN/);
    await reader.command('REPLICAOF', 'NO', 'ONE');
    expect(await sink.deliver(batch)).toMatchObject({ settled: 2, refused: [], failed: [{}] });
  });
});

describe('the start', () => {
  it.each([
    ['a stream that is a text', {}, /WRONGTYPE the key 'connectionevents' holds a string/],
    ['a wrong password', { user: 'gate:wrong' }, /WRONGPASS.*[^.]\.$/],
    ['a database that there is not', { path: '/99' }, /DB index/],
    ['a user who may not add', { user: 'reader:pw' }, /NOPERM/],
  ])('is refused with a sentence at %s', async (_, { user, path }: { user?: string; path?: string }, sentence) => {
    const reader = await RedisStreamReader.open(redis);
    await reader.command('SET', 'connectionevents', 'x');
    await reader.command('ACL', 'SETUSER', 'reader', 'on', '>pw', '~*', '+@all', '-xadd', '-type');
    const addr = `redis://${user === undefined ? '' : `${user}@`}127.0.0.1:${redis.port}${path ?? ''}`;
    await expect(createSink({ addr }).start()).rejects.toMatchObject({
      code: 'sink.refused',
      message: expect.stringMatching(sentence),
    });
  });

  it('is refused when Redis needs a password and none is configured', async () => {
    const locked = await startRedis(['--requirepass', 'pw']);
    onTestFinished(() => locked.process.dispose());
    await expect(createSink({ addr: locked.url }).start()).rejects.toMatchObject({ code: 'sink.refused' });
    const sink = createSink({ addr: locked.url.replace('//', '//:pw@') });
    await sink.start();
    expect(await sink.deliver(testEvents(1, 1))).toEqual({ settled: 1, refused: [] });
  });

  it('is refused when the certificate is not trusted', async () => {
    const port = await freePort();
    const files = ['--tls-cert-file', certificate('localhost-cert'), '--tls-key-file', certificate('localhost-key')];
    const tls = ['--tls-port', String(port), ...files, '--tls-auth-clients', 'no'];
    const secured = await startRedis(tls);
    onTestFinished(() => secured.process.dispose());
    await expect(createSink({ addr: `rediss://localhost:${port}` }).start()).rejects.toMatchObject({
      code: 'sink.refused',
      message: expect.stringContaining('self-signed'),
    });
  });

  it('fails without sink.refused when the port is closed, and deliveries connect later', async () => {
    const late = await startRedis();
    onTestFinished(() => late.process.dispose());
    await late.process.kill();
    const sink = createSink({ addr: late.url });
    await expect(sink.start()).rejects.toThrow('ECONNREFUSED');
    await expect(sink.deliver(testEvents(1, 1))).rejects.toThrow('ECONNREFUSED');
    await late.process.start();
    expect(await sink.deliver(testEvents(1, 1))).toEqual({ settled: 1, refused: [] });
  });

  it('fails without sink.refused when Redis has too many clients', async () => {
    const crowded = await startRedis();
    onTestFinished(() => crowded.process.dispose());
    const reader = await RedisStreamReader.open(crowded);
    await reader.command('CONFIG', 'SET', 'maxclients', '1');
    const sink = createSink({ addr: crowded.url });
    await expect(sink.start()).rejects.toThrow('max number of clients');
    await expect(sink.start()).rejects.not.toMatchObject({ code: 'sink.refused' });
    await reader.command('CONFIG', 'SET', 'maxclients', '100');
    expect(await sink.deliver(testEvents(1, 1))).toEqual({ settled: 1, refused: [] });
  });

  it('works over a Unix socket, with another database and a client name', async () => {
    const local = await startRedis(['--unixsocket', 'redis.sock']);
    onTestFinished(() => local.process.dispose());
    const sink = createSink({ addr: `unix://${local.process.folder}/redis.sock?db=3&client_name=gate` });
    await sink.start();
    await sink.deliver(testEvents(1, 1));
    const reader = await RedisStreamReader.open(local);
    expect(await reader.text('CLIENT', 'LIST')).toContain('name=gate');
    await reader.command('SELECT', '3');
    expect(await reader.command('XLEN', 'connectionevents')).toBe(1);
  });
});

describe('a connection that ends', () => {
  it('during a batch rejects, and the batch is taken when it is offered again', async () => {
    const broker = await startRedis(['--appendonly', 'yes', '--appendfsync', 'always']);
    onTestFinished(() => broker.process.dispose());
    const sink = createSink({ addr: broker.url });
    await sink.start();
    await sink.deliver(testEvents(1, 10));
    broker.process.freeze();
    const failed = sink.deliver(testEvents(11, 1_000));
    failed.catch(() => undefined);
    await broker.process.kill();
    await expect(failed).rejects.toThrow('the connection to Redis ended');
    await broker.process.start();
    expect(await sink.deliver(testEvents(11, 1_000))).toEqual({ settled: 990, refused: [] });
    expect(await (await RedisStreamReader.open(broker)).entries(1_000)).toHaveLength(1_000);
  });

  it('in silence is given up after the read timeout', async () => {
    const broker = await startRedis();
    onTestFinished(() => broker.process.dispose());
    const sink = createSink({ addr: `${broker.url}?read_timeout=100ms` });
    await sink.start();
    broker.process.freeze();
    onTestFinished(() => broker.process.thaw());
    await expect(sink.deliver(testEvents(1, 10))).rejects.toThrow('no reply for 100 ms');
  });

  it('at the stop of the sink first finishes the batch in flight', async () => {
    const sink = createSink();
    await sink.start();
    const delivered = sink.deliver(testEvents(1, 1_000));
    await Promise.all([sink.stop(), sink.stop()]);
    expect(await delivered).toEqual({ settled: 1_000, refused: [] });
    await expect(sink.deliver(testEvents(1, 1))).rejects.toThrow('stopped');
  });
});
