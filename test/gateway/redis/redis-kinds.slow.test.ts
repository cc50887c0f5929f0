import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../../src/core/clock.js';
import { errorMessage } from '../../../src/core/error.js';
import { checkBackends } from '../../../src/gateway/check/check-backends.js';
import type { ConfigInput } from '../../../src/gateway/config-file/config-schema.js';
import { startRedis, startSentinel, type RedisBroker } from '../../support/redis-broker.js';
import { RedisStreamReader } from '../../support/redis-stream-reader.js';
import { RunningGateway, testConfig } from '../../support/running-gateway.js';

/** A configuration that uses the Redis at this address in one of the three ways. */
type Use = (addr: string) => Partial<ConfigInput>;

const uses: readonly [name: string, use: Use][] = [
  ['a constant stream', (addr) => ({ stream_redis: { addr, stream_name: 'events' } })],
  ['a templated stream', (addr) => ({ stream_redis: { addr, stream_name: 'room.{tag.room}' } })],
  ['the mirror', (addr) => ({ connection_redis_sync: { addr } })],
];

const CLUSTER = 'it is part of a Redis Cluster, which is not supported';
const SENTINEL = 'it is a Sentinel, which keeps no data';
const REPLICA = 'READONLY it is a replica that takes no writes';
/** The rights that the page about Redis lists, and no others. */
const STREAM_RIGHTS = ['-@all', '+multi', '+exec', '+discard', '+xadd'];
const MIRROR_RIGHTS = '+multi +exec +discard +hset +hdel +pexpire +del +sadd +srem +smembers +set +get'.split(' ');

let master: RedisBroker;
let cluster: RedisBroker;
let sentinel: RedisBroker;

beforeAll(async () => {
  [master, cluster] = await Promise.all([startRedis(), startRedis(['--cluster-enabled', 'yes'])]);
  sentinel = await startSentinel(master.port);
}, 120_000);

afterAll(() => Promise.all([master, cluster, sentinel].map(({ process }) => process.dispose())));

/** The start's problem with a use, and whether the gateway starts in spite of it. */
async function start(input: Partial<ConfigInput>): Promise<{ starts: boolean; why: unknown }> {
  try {
    const { log } = await RunningGateway.start(input);
    const away = log.lines.find(({ event }) => event === 'sink.away' || event === 'mirror.away');
    return { starts: true, why: away?.fields['reason'] };
  } catch (error) {
    return { starts: false, why: errorMessage(error) };
  }
}

/** The result of `serve --check`. */
async function check(input: Partial<ConfigInput>): Promise<{ level: string; detail: string }> {
  const results = await checkBackends(testConfig(input), { clock: systemClock, timeoutMs: 5_000 });
  const result = results.find(({ name }) => name !== 'sink memory');
  return { level: result?.level ?? 'none', detail: result?.detail ?? '' };
}

async function verdict(input: Partial<ConfigInput>): Promise<unknown> {
  return { start: await start(input), check: await check(input) };
}

function refused(reason: string): unknown {
  const text: unknown = expect.stringContaining(reason);
  return { start: { starts: false, why: text }, check: { level: 'failed', detail: text } };
}

function away(reason: string): unknown {
  const text: unknown = expect.stringContaining(reason);
  return { start: { starts: true, why: text }, check: { level: 'failed', detail: text } };
}

async function withRedis(args: readonly string[] = []): Promise<RedisBroker> {
  const redis = await startRedis(args);
  onTestFinished(() => redis.process.dispose());
  return redis;
}

/** A user with these rights, and the address that logs in as it. */
async function addressOf(redis: RedisBroker, rights: readonly string[]): Promise<string> {
  const reader = await RedisStreamReader.open(redis);
  await reader.command('ACL', 'SETUSER', 'gate', 'reset', 'on', '>pw', '~*', ...rights);
  return redis.url.replace('//', '//gate:pw@');
}

/** Assigns all slots to the node, so that it serves every key. */
async function giveSlots(cluster: RedisBroker): Promise<void> {
  const reader = await RedisStreamReader.open(cluster);
  await reader.command('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
  await expect.poll(() => reader.text('CLUSTER', 'INFO'), { timeout: 30_000 }).toContain('cluster_state:ok');
}

describe.each(uses)('%s', (name, use) => {
  const rights = name === 'the mirror' ? ['-@all', ...MIRROR_RIGHTS] : STREAM_RIGHTS;

  it('is refused by a Redis Cluster, also one that has no slots yet', async () => {
    const fresh = await withRedis(['--cluster-enabled', 'yes']);
    expect(await verdict(use(fresh.url))).toEqual(refused(CLUSTER));
    await giveSlots(fresh);
    expect(await verdict(use(fresh.url))).toEqual(refused(CLUSTER));
    expect(await verdict(use(fresh.url.replace(/0$/, '3')))).toEqual(refused(CLUSTER));
    expect(await verdict(use(await addressOf(fresh, rights)))).toEqual(refused(CLUSTER));
  }, 60_000);

  it.each([
    ['INFO', ['+@all', '-info']],
    ['CLUSTER', ['+@all', '-cluster']],
    ['HELLO, INFO and CLUSTER', ['+@all', '-hello', '-info', '-cluster']],
  ])('is refused by a Redis Cluster where the user may not call %s', async (_, allowed) => {
    expect(await verdict(use(await addressOf(cluster, allowed)))).toEqual(refused(CLUSTER));
  });

  it('is refused by a Redis Cluster whose HELLO is renamed', async () => {
    const renamed = await withRedis(['--cluster-enabled', 'yes', '--rename-command', 'HELLO', '']);
    expect(await verdict(use(renamed.url))).toEqual(refused(CLUSTER));
    expect(await verdict(use(await addressOf(renamed, ['+@all', '-info'])))).toEqual(refused(CLUSTER));
    // A cluster of one node, which would accept everything.
    await giveSlots(renamed);
    expect(await verdict(use(await addressOf(renamed, ['+@all', '-cluster'])))).toEqual(refused(CLUSTER));
  });

  it('is refused at the port of a Sentinel', async () => {
    expect(await verdict(use(sentinel.url))).toEqual(refused(SENTINEL));
    expect(await verdict(use(sentinel.url.replace(/0$/, '3')))).toEqual(refused(SENTINEL));
  });

  it('counts a replica as away, with the reason', async () => {
    const replica = await withRedis(['--replicaof', `127.0.0.1 ${master.port}`]);
    expect(await verdict(use(replica.url))).toEqual(away(REPLICA));
    expect(await verdict(use(await addressOf(replica, rights)))).toEqual(away(REPLICA));
  });

  it('counts a Redis as away while it loads its data', async () => {
    const slow = ['--key-load-delay', '2000', '--loading-process-events-interval-bytes', '1024'];
    const redis = await withRedis(slow);
    const reader = await RedisStreamReader.open(redis);
    for (let key = 0; key < 2_000; key += 1) await reader.command('SET', `key-${key}`, 'x'.repeat(100));
    await reader.command('SAVE');
    await redis.process.kill();
    const restarted = redis.process.start();
    await expect.poll(async () => (await check(use(redis.url))).detail, { timeout: 30_000 }).toContain('LOADING');
    expect(await start(use(redis.url))).toEqual({ starts: true, why: expect.stringContaining('LOADING') });
    await restarted;
    expect((await check(use(redis.url))).level).toBe('ok');
  }, 60_000);

  it('is refused by a Redis in protected mode', async () => {
    const redis = await withRedis(['--bind', '0.0.0.0', '--protected-mode', 'yes']);
    expect(await verdict(use(redis.url.replace('127.0.0.1', ownAddress())))).toEqual(
      refused('DENIED Redis is running in protected mode'),
    );
  });

  it('starts with the rights that the page about Redis names, and is refused without one of them', async () => {
    const full = await addressOf(master, rights);
    expect(await start(use(full))).toEqual({ starts: true, why: undefined });
    expect((await check(use(full))).level).toBe('ok');
    if (name === 'a templated stream') return;
    for (const right of name === 'the mirror' ? MIRROR_RIGHTS : ['+xadd', '+multi']) {
      if (right === '+exec' || right === '+discard') continue;
      const lacking = await addressOf(master, [...rights, right.replace('+', '-')]);
      expect(await check(use(lacking))).toEqual({ level: 'failed', detail: expect.stringContaining('NOPERM') });
    }
    expect(await start(use(await addressOf(master, [...rights, '-multi'])))).toMatchObject({ starts: false });
  });
});

/** An address of this machine other than loopback. */
function ownAddress(): string {
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const address = own.find(({ internal, family }) => !internal && family === 'IPv4');
  if (address === undefined) throw new Error('This test needs an IPv4 address that is not loopback.');
  return address.address;
}
