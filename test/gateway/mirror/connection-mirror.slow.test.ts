import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../../src/core/clock.js';
import type { Connection } from '../../../src/gateway/connection/connection.js';
import { ConnectionIdSource } from '../../../src/gateway/connection/connection-id.js';
import { ConnectionRegistry } from '../../../src/gateway/connection/registry.js';
import { ConnectionMirror, type ConnectionMirrorOptions } from '../../../src/gateway/mirror/connection-mirror.js';
import { idleSocket } from '../../support/idle-socket.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { startRedis, type RedisBroker } from '../../support/redis-broker.js';
import { RedisStreamReader } from '../../support/redis-stream-reader.js';
import { settle } from '../../support/settle.js';
import { testEndpoint } from '../../support/test-endpoint.js';

let redis: RedisBroker;

beforeAll(async () => {
  redis = await startRedis();
});

afterAll(() => redis.process.dispose());

beforeEach(async () => {
  await (await RedisStreamReader.open(redis)).command('FLUSHALL');
});

/** A mirror and its connections; open and close events have sequences like those of an outbox. */
class MirrorRig {
  readonly registry = new ConnectionRegistry(new ConnectionIdSource(0xaf));
  readonly log = new RecordingLogger();
  readonly mirror: ConnectionMirror;
  sequence = 0;

  constructor(changes: Partial<ConnectionMirrorOptions> = {}) {
    const config = { addr: redis.url, ttlMs: 60_000 };
    const { registry, log } = this;
    this.mirror = new ConnectionMirror({ config, registry, node: '00af', clock: systemClock, log, ...changes });
    this.registry.onRetagged((connection, before) => this.mirror.retagged(connection, before));
    onTestFinished(() => this.mirror.stop());
  }

  static async start(changes: Partial<ConnectionMirrorOptions> = {}): Promise<MirrorRig> {
    const rig = new MirrorRig(changes);
    await rig.mirror.start();
    return rig;
  }

  open(tags: Readonly<Record<string, string>> = {}, remoteAddress = '10.1.2.3:4567'): Connection {
    const connection = this.registry.open({ ...idleSocket, remoteAddress }, testEndpoint(tags));
    this.mirror.opened(connection, ++this.sequence);
    return connection;
  }

  close(connection: Connection): void {
    this.registry.close(connection);
    this.mirror.closed(connection, ++this.sequence, 'closed_by_client');
  }

  tag(connection: Connection, tags: Readonly<Record<string, string>>): void {
    this.registry.setTags(connection, new Map(Object.entries(tags)));
  }

  /** Waits until everything that may be written is written. */
  async written(): Promise<void> {
    await settle(() => this.mirror.gate.heldFrom() === Infinity && this.mirror.state().pending === 0);
  }
}

/** All keys and values of a Redis except those of claims. */
async function contents(broker: RedisBroker = redis): Promise<Record<string, unknown>> {
  const reader = await RedisStreamReader.open(broker);
  const keys = await reader.text('KEYS', '*');
  if (!Array.isArray(keys)) throw new Error('KEYS answered no array.');
  const found: [string, unknown][] = [];
  for (const key of keys.map(String).filter((name) => !name.includes(':boot'))) {
    const command = key.startsWith('wsg:') ? 'SMEMBERS' : 'HGETALL';
    const value = await reader.text(command, key);
    found.push([key, Array.isArray(value) && command === 'SMEMBERS' ? value.map(String).sort() : value]);
  }
  return Object.fromEntries(found);
}

function mirrored(connection: Connection): Record<string, unknown> {
  const key = `connection:${connection.id}`;
  const tags = [...connection.tags].flat();
  const fields = ['addr', connection.socket.remoteAddress, 'node', '00af'];
  return { [key]: fields, ...(tags.length > 0 ? { [`${key}:tags`]: tags } : {}) };
}

describe('the mirror', () => {
  it('holds exactly the keys of the open connections', async () => {
    const rig = await MirrorRig.start();
    const one = rig.open({ foo: 'bar', user: 'ä b' });
    const two = rig.open({}, '[2001:db8::1]:9');
    await rig.written();
    const set = { 'wsg:node:00af': [one.id, two.id].sort() };
    expect(await contents()).toEqual({ ...mirrored(one), ...mirrored(two), ...set });
  });

  it('follows tags that are set, changed and deleted, however quickly', async () => {
    const rig = await MirrorRig.start();
    const connection = rig.open({ foo: 'bar', gone: '1' });
    await rig.written();
    rig.tag(connection, { foo: 'baz', gone: '', new: 'x' });
    rig.tag(connection, { new: '', later: 'y' });
    await rig.written();
    expect(await (await RedisStreamReader.open(redis)).text('HGETALL', `connection:${connection.id}:tags`)).toEqual([
      'foo',
      'baz',
      'later',
      'y',
    ]);
    rig.tag(connection, { foo: '', later: '' });
    await rig.written();
    expect(Object.keys(await contents())).not.toContain(`connection:${connection.id}:tags`);
  });

  it('removes a connection when its close event is delivered, not before', async () => {
    const rig = await MirrorRig.start();
    const [staying, leaving] = [rig.open({ foo: 'bar' }), rig.open({ foo: 'bar' })];
    rig.close(leaving);
    rig.open();
    await settle(() => rig.mirror.gate.heldFrom() === Infinity);
    rig.mirror.delivered(2);
    expect(rig.mirror.state().pending).toBe(1);
    rig.mirror.delivered(3);
    await rig.written();
    const keys = Object.keys(await contents());
    expect(keys).toContain(`connection:${staying.id}`);
    expect(keys).not.toContain(`connection:${leaving.id}`);
  });

  it('removes both keys and the entry in the set', async () => {
    const rig = await MirrorRig.start();
    const connection = rig.open({ foo: 'bar' });
    await rig.written();
    rig.close(connection);
    rig.mirror.delivered(2);
    await rig.written();
    expect(await contents()).toEqual({});
  });

  it('gives every key a time to live, and refreshes it', async () => {
    const rig = await MirrorRig.start({ config: { addr: redis.url, ttlMs: 2_000 } });
    const { id } = rig.open({ foo: 'bar' });
    await rig.written();
    const reader = await RedisStreamReader.open(redis);
    for (const key of [`connection:${id}`, `connection:${id}:tags`, 'wsg:node:00af']) {
      const left = async (): Promise<number> => Number(await reader.command('PTTL', key));
      let before = await left();
      expect(before).toBeGreaterThan(0);
      for (let now = await left(); now <= before; now = await left()) before = now;
    }
  });

  it('writes thousands at once', async () => {
    const rig = await MirrorRig.start();
    const connections = Array.from({ length: 3_000 }, () => rig.open({ foo: 'bar' }));
    await rig.written();
    const reader = await RedisStreamReader.open(redis);
    expect(await reader.command('SCARD', 'wsg:node:00af')).toBe(3_000);
    for (const connection of connections) rig.close(connection);
    rig.mirror.delivered(6_000);
    await rig.written();
    expect(await contents()).toEqual({});
  });
});

describe('an open event', () => {
  it('is held until its connection is in the mirror', async () => {
    const rig = await MirrorRig.start();
    const connection = rig.open();
    expect(rig.mirror.gate.heldFrom()).toBe(1);
    await new Promise<void>((resolve) => rig.mirror.gate.onHoldLifted(resolve));
    expect(await contents()).toMatchObject(mirrored(connection));
    expect(rig.mirror.state().opensLate).toBe(0);
  });

  it('is held for at most a second, and counted if its connection is not mirrored by then', async () => {
    const rig = await MirrorRig.start();
    redis.process.freeze();
    onTestFinished(() => redis.process.thaw());
    rig.open();
    const heldAt = performance.now();
    await settle(() => rig.mirror.gate.heldFrom() === Infinity);
    expect(performance.now() - heldAt).toBeGreaterThan(900);
    expect(rig.mirror.state().opensLate).toBe(1);
    redis.process.thaw();
    await rig.written();
  });
});

describe('a Redis that is unavailable for a time', () => {
  it('gets everything again after it has lost its data', async () => {
    const broker = await startRedis();
    onTestFinished(() => broker.process.dispose());
    const rig = await MirrorRig.start({ config: { addr: broker.url, ttlMs: 60_000 } });
    const [one, two] = [rig.open({ foo: 'bar' }), rig.open({ foo: 'bar' })];
    await rig.written();
    await broker.process.kill();
    await settle(() => !rig.mirror.state().isUp);
    rig.tag(one, { foo: 'changed meanwhile' });
    rig.close(two);
    rig.mirror.delivered(3);
    const three = rig.open();
    await broker.process.start();
    await rig.written();
    await settle(() => rig.mirror.state().rebuilds === 1);
    await settle(() => rig.mirror.state().isUp);
    const found = async (): Promise<number> => Object.keys(await contents(broker)).length;
    while ((await found()) < 4) await new Promise((resolve) => setTimeout(resolve, 5));
    const set = { 'wsg:node:00af': [one.id, three.id].sort() };
    expect(await contents(broker)).toEqual({ ...mirrored(one), ...mirrored(three), ...set });
    expect(rig.log.events).toEqual(['mirror.away', 'mirror.back']);
  });

  it('does not keep tags that were deleted while it was unreachable', async () => {
    const broker = await startRedis();
    onTestFinished(() => broker.process.dispose());
    const rig = await MirrorRig.start({ config: { addr: broker.url, ttlMs: 60_000 } });
    const connection = rig.open({ foo: 'bar', gone: '1' });
    await rig.written();
    const reader = await RedisStreamReader.open(broker);
    rig.tag(connection, { gone: '' });
    await reader.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await settle(() => rig.mirror.state().rebuilds === 1);
    await rig.written();
    const tags = (): Promise<unknown> => reader.text('HGETALL', `connection:${connection.id}:tags`);
    await expect.poll(tags).toEqual(['foo', 'bar']);
  });

  it('may be unavailable at the start, and then delays open events by at most a second', async () => {
    const broker = await startRedis();
    onTestFinished(() => broker.process.dispose());
    await broker.process.kill();
    const rig = await MirrorRig.start({ config: { addr: broker.url, ttlMs: 60_000 } });
    const connection = rig.open();
    await settle(() => rig.mirror.gate.heldFrom() === Infinity);
    rig.open();
    expect(rig.mirror.gate.heldFrom()).toBe(Infinity);
    expect(rig.mirror.state()).toMatchObject({ isUp: false, opensLate: 2 });
    await broker.process.start();
    await rig.written();
    expect(await contents(broker)).toMatchObject(mirrored(connection));
  });
});

describe('the keys that an earlier process left', () => {
  const crashed = { host: 'here', pid: 2 ** 22 + 1, startedAt: 1 };

  it('stay until the close events of their connections are delivered', async () => {
    const before = await MirrorRig.start({ identity: crashed });
    const connection = before.open();
    await before.written();
    const after = new MirrorRig({ identity: { ...crashed, startedAt: 2 } });
    await after.mirror.start(2);
    after.open();
    await after.written();
    expect(await contents()).toMatchObject(mirrored(connection));
    after.mirror.delivered(2);
    await expect.poll(async () => Object.keys(await contents()).includes(`connection:${connection.id}`)).toBe(false);
  });

  it('are removed when that process has ended', async () => {
    const before = await MirrorRig.start({ identity: crashed });
    before.open({ foo: 'bar' });
    await before.written();
    const rig = await MirrorRig.start({ identity: { host: 'here', pid: process.pid, startedAt: 2 } });
    const connection = rig.open();
    await rig.written();
    expect(await contents()).toEqual({ ...mirrored(connection), 'wsg:node:00af': [connection.id] });
  });

  it('stay while another gateway with this number is running, which is logged', async () => {
    const other = await MirrorRig.start({ identity: { host: 'there', pid: 1, startedAt: 1 } });
    const theirs = other.open({ foo: 'bar' });
    await other.written();
    const rig = await MirrorRig.start({ identity: { host: 'here', pid: process.pid, startedAt: 1 } });
    const ours = rig.open();
    await rig.written();
    const set = { 'wsg:node:00af': [theirs.id, ours.id].sort() };
    expect(await contents()).toEqual({ ...mirrored(theirs), ...mirrored(ours), ...set });
    expect(rig.log.lines).toMatchObject([
      { level: 'warn', event: 'mirror.node-shared', fields: { others: ['there'] } },
    ]);
  });

  it('are removed when the other gateway with this number has ended as well', async () => {
    const other = await MirrorRig.start({ identity: { host: 'there', pid: 1, startedAt: 1 } });
    const theirs = other.open({ foo: 'bar' });
    await other.written();
    const config = { addr: redis.url, ttlMs: 300 };
    const rig = await MirrorRig.start({ config, identity: { host: 'here', pid: process.pid, startedAt: 1 } });
    await other.mirror.stop();
    const reader = await RedisStreamReader.open(redis);
    while (Number(await reader.command('EXISTS', `connection:${theirs.id}`)) > 0) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(rig.mirror.state().refused).toBe(0);
  });
});
