import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock, type Clock } from '../../../src/core/clock.js';
import type { WsgError } from '../../../src/core/error.js';
import { silentLogger } from '../../../src/core/logger.js';
import { acquireNodeNumber, type NodeLease } from '../../../src/gateway/cluster/leases.js';
import type { LeaseStore } from '../../../src/gateway/cluster/leases-store.js';
import { NatsLeaseStore } from '../../../src/gateway/cluster/leases-nats.js';
import { RedisLeaseStore } from '../../../src/gateway/cluster/leases-redis.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { settle } from '../../support/settle.js';
import { TcpProxy } from '../../support/tcp-proxy.js';
import { CLUSTER, freePort, KINDS, startBroker, urlOf } from './engines/engine-node.js';

const CLAIMANTS = 20;
/** A lease ends after 15 s. */
const EXPIRY = { timeout: 40_000, interval: 100 };

interface Claim {
  readonly lease: NodeLease;
  readonly losses: WsgError[];
}

async function claim(kind: 'nats' | 'redis', addr: string, clock: Clock = systemClock): Promise<Claim> {
  const losses: WsgError[] = [];
  const deps = { clock, log: silentLogger, onLost: (error: WsgError) => losses.push(error) };
  const lease = await acquireNodeNumber({ engine: { kind, addr }, name: CLUSTER }, deps);
  onTestFinished(() => lease.release());
  return { lease, losses };
}

function storeTo(kind: 'nats' | 'redis', addr: string): LeaseStore {
  const options = { addr, cluster: CLUSTER, holder: 'an observer' };
  const store = kind === 'nats' ? new NatsLeaseStore(options) : new RedisLeaseStore(options, systemClock);
  onTestFinished(() => store.close());
  return store;
}

/** A clock whose timers stand still, as in a process that was stopped. */
class FreezableClock implements Clock {
  #isFrozen = false;
  readonly #due: (() => void)[] = [];

  now(): number {
    return systemClock.now();
  }

  wallNow(): number {
    return systemClock.wallNow();
  }

  schedule(task: () => void, delayMs: number): () => void {
    return systemClock.schedule(() => {
      if (this.#isFrozen) this.#due.push(task);
      else task();
    }, delayMs);
  }

  freeze(): void {
    this.#isFrozen = true;
  }

  thaw(): void {
    this.#isFrozen = false;
    for (const task of this.#due.splice(0)) task();
  }
}

describe.each(KINDS)('%s', (kind) => {
  it('gives 20 nodes that start at once 20 different numbers, the lowest', async () => {
    const { url } = await startBroker(kind);
    const claims = await Promise.all(Array.from({ length: CLAIMANTS }, () => claim(kind, url)));
    const numbers = claims.map(({ lease }) => lease.number).toSorted((one, other) => one - other);
    expect(numbers).toEqual(Array.from({ length: CLAIMANTS }, (_, index) => index + 1));
  });

  it('gives a released number to the next node at once', async () => {
    const { url } = await startBroker(kind);
    const first = await claim(kind, url);
    await claim(kind, url);
    await first.lease.release();
    expect((await claim(kind, url)).lease.number).toBe(1);
  });

  it('keeps the number of a running node beyond the life of a lease, and frees that of a frozen one', async () => {
    const { url } = await startBroker(kind);
    const clock = new FreezableClock();
    const frozen = await claim(kind, url, clock);
    const running = await claim(kind, url);
    clock.freeze();
    const store = storeTo(kind, url);
    await expect.poll(() => store.taken(), EXPIRY).toEqual(new Set([2]));
    const next = await claim(kind, url);
    expect([frozen.lease.number, running.lease.number, next.lease.number]).toEqual([1, 2, 1]);
    clock.thaw();
    await settle(() => frozen.losses.length > 0);
    expect(frozen.losses).toMatchObject([{ code: 'cluster.number-taken' }]);
    // The end of the frozen node does not free the number of its successor.
    await frozen.lease.release();
    expect((await claim(kind, url)).lease.number).toBe(3);
    expect([running.losses, next.losses]).toEqual([[], []]);
  });

  it('takes the number again when the engine has forgotten it', async () => {
    const broker = await startBroker(kind);
    const { losses } = await claim(kind, broker.url);
    await broker.process.kill();
    await broker.process.start();
    const store = storeTo(kind, broker.url);
    await expect.poll(() => store.taken().catch(() => undefined), EXPIRY).toEqual(new Set([1]));
    expect((await claim(kind, broker.url)).lease.number).toBe(2);
    expect(losses).toEqual([]);
  });

  it('waits for an engine that is away, and says so without the password', async () => {
    const port = await freePort();
    const log = new RecordingLogger();
    const deps = { clock: systemClock, log, onLost: () => undefined };
    const addr = urlOf(kind, port, 'user:hunter2@');
    const acquiring = acquireNodeNumber({ engine: { kind, addr }, name: CLUSTER }, deps);
    await settle(() => log.lines.length > 0);
    const settings = {
      nats: ['authorization { user: user, password: hunter2 }'],
      redis: ['--user', 'user', 'on', '>hunter2', '+@all', '~*', '&*'],
    };
    const proxy = await TcpProxy.start((await startBroker(kind, settings[kind])).port, port);
    onTestFinished(() => proxy.stop());
    const lease = await acquiring;
    onTestFinished(() => lease.release());
    expect(lease.number).toBe(1);
    expect(log.lines[0]).toMatchObject({ level: 'warn', event: 'cluster.lease-waits' });
    expect(JSON.stringify(log.lines)).not.toContain('hunter2');
  });
});

const LOGIN = 'wsg:hunter2@';
const NATS_PERMISSIONS =
  'permissions: { publish: ["wsg.shop.>", "$JS.API.STREAM.*.wsg-shop-nodes", "$JS.API.STREAM.MSG.GET.wsg-shop-nodes"], subscribe: "wsg.shop.>" }';
const REDIS_RULES = ['resetchannels', '~wsg:shop:node:*', '+mget', '+set', '+get', '+del', '+eval'];

function natsUser(permissions: string): string[] {
  return [`accounts: { cluster: { jetstream: enabled, users: [ { user: wsg, password: hunter2, ${permissions} } ] } }`];
}

it.each([
  ['nats', natsUser(NATS_PERMISSIONS)],
  ['redis', ['--user', 'wsg', 'on', '>hunter2', ...REDIS_RULES]],
] as const)('a user of %s with exactly the documented permissions leases a number', async (kind, settings) => {
  const { port } = await startBroker(kind, settings);
  const { lease } = await claim(kind, urlOf(kind, port, LOGIN));
  await lease.release();
  expect((await claim(kind, urlOf(kind, port, LOGIN))).lease.number).toBe(1);
});

it.each([
  ['nats', natsUser('permissions: { publish: "wsg.shop.>", subscribe: "wsg.shop.>" }'), /\$JS\.API\.STREAM/],
  ['nats', ['accounts: { cluster: { users: [ { user: wsg, password: hunter2 } ] } }'], /Leases need JetStream/],
  ['redis', ['--user', 'wsg', 'on', '>hunter2', '+@all', '~other'], /~wsg:shop:node:\*/],
] as const)('a user of %s with %j is refused with advice', async (kind, settings, hint) => {
  const { port } = await startBroker(kind, settings);
  const error: unknown = await claim(kind, urlOf(kind, port, LOGIN)).catch((problem: unknown) => problem);
  expect(error).toMatchObject({ code: 'sink.refused', hint: expect.stringMatching(hint) });
  expect(JSON.stringify([String(error), error])).not.toContain('hunter2');
});
