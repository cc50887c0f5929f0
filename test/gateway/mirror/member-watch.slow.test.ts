import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { systemClock, type Clock } from '../../../src/core/clock.js';
import { ClusterKeys, type Member } from '../../../src/gateway/mirror/cluster-keys.js';
import { MemberWatch, type ClusterPresence } from '../../../src/gateway/mirror/member-watch.js';
import { redisAddress } from '../../../src/gateway/redis/redis-url.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { startRedis, type RedisBroker } from '../../support/redis-broker.js';
import { RedisStreamReader } from '../../support/redis-stream-reader.js';

const DEAD = '0009:1700000000000';
const keys = new ClusterKeys('c');

let redis: RedisBroker;
let reader: RedisStreamReader;
let offsetMs = 0;
/** A clock that a test may put forward. Timers are not affected. */
const clock: Clock = {
  now: () => systemClock.now() + offsetMs,
  wallNow: () => systemClock.wallNow(),
  schedule: (run, delayMs) => systemClock.schedule(run, delayMs),
};

beforeAll(async () => {
  redis = await startRedis();
});

afterAll(() => redis.process.dispose());

beforeEach(async () => {
  offsetMs = 0;
  reader = await RedisStreamReader.open(redis);
  await reader.command('FLUSHALL');
  await reader.command('SADD', keys.members, DEAD);
});

/** A node that watches the others, and what it has claimed. */
class Watcher {
  readonly claims: Member[] = [];
  signs = 0;
  readonly watch: MemberWatch;

  constructor(number: number, presence: Partial<ClusterPresence> = {}) {
    this.watch = new MemberWatch({
      address: redisAddress(redis.url),
      keys,
      own: `${number.toString(16).padStart(4, '0')}:1800000000000`,
      graceMs: 7_000,
      presence: { hearsItself: true, hears: () => false, ...presence },
      onClaimed: (member) => this.claims.push(member),
      onDeclaredDead: (_pipeline, own) => Promise.resolve(own),
      onAlive: () => {
        this.signs += 1;
        return Promise.resolve();
      },
      clock,
      log: new RecordingLogger(),
    });
    this.watch.start();
    onTestFinished(() => this.watch.stop(() => Promise.resolve(true)));
  }

  /** Resolves after two more looks. */
  async looks(): Promise<void> {
    const from = this.signs;
    await vi.waitUntil(() => this.signs > from + 2, { timeout: 20_000 });
  }
}

/** Lets Redis count as settled for all. */
async function settled(watchers: readonly Watcher[]): Promise<void> {
  await Promise.all(watchers.map((watcher) => watcher.looks()));
  expect(watchers.flatMap(({ claims }) => claims)).toEqual([]);
  offsetMs = 60_000;
  await Promise.all(watchers.map((watcher) => watcher.looks()));
}

it('one of twenty nodes that look at the same time claims a dead one', async () => {
  const watchers = Array.from({ length: 20 }, (_, index) => new Watcher(index + 1));
  await settled(watchers);
  expect(watchers.filter(({ claims }) => claims.includes(DEAD))).toHaveLength(1);
});

it('one of twenty nodes takes over what a node that is gone had claimed', async () => {
  await reader.command('SET', keys.dead(DEAD), '0008:1700000000000');
  const watchers = Array.from({ length: 20 }, (_, index) => new Watcher(index + 1));
  await Promise.all(watchers.map((watcher) => watcher.looks()));
  expect(watchers.filter(({ claims }) => claims.includes(DEAD))).toHaveLength(1);
});

it('a claim stays with its holder while that is a member', async () => {
  const holder = '0008:1700000000000';
  await reader.command('SADD', keys.members, holder);
  await reader.command('SET', keys.alive(holder), '1');
  await reader.command('SET', keys.dead(DEAD), holder);
  const watcher = new Watcher(1);
  await settled([watcher]);
  expect(watcher.claims).toEqual([]);
}, 60_000);

it.each([
  ['that is heard on the bus', { hears: () => true }],
  ['when it does not hear itself', { hearsItself: false }],
])('a node does not claim one %s', async (_, presence) => {
  const watcher = new Watcher(1, presence);
  await settled([watcher]);
  expect(watcher.claims).toEqual([]);
});

it('a node does not claim one that gives signs of life', async () => {
  await reader.command('SET', keys.alive(DEAD), '1');
  const watcher = new Watcher(1);
  await settled([watcher]);
  expect(watcher.claims).toEqual([]);
});
