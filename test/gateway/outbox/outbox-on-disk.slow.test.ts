import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { OutboxConfig } from '../../../src/gateway/config/outbox-config.js';
import type { GatewayEvent } from '../../../src/gateway/event/gateway-event.js';
import type { NewEvent } from '../../../src/gateway/outbox/outbox.js';
import { Backend, CrashingOutbox } from '../../support/crashing-outbox.js';
import { settle } from '../../support/settle.js';

const KIB = 1024;
/** 12 KiB in memory, files of 8 KiB. */
const SMALL = { maxBytes: 48 * KIB, maxEvents: 100_000, segmentBytes: 8 * KIB, maxDiskBytes: 512 * KIB } as const;

async function create(config: Partial<OutboxConfig>, names: readonly string[] = ['b']) {
  const backends = new Map(names.map((name) => [name, new Backend()]));
  const rig = await CrashingOutbox.create(backends, { ...SMALL, fsync: 'never', ...config });
  onTestFinished(() => rig.remove());
  await rig.start();
  return { rig, backend: backendOf(backends, names[0]), backends };
}

function backendOf(backends: ReadonlyMap<string, Backend>, name = ''): Backend {
  const backend = backends.get(name);
  if (backend === undefined) throw new Error(`no backend is called ${name}`);
  return backend;
}

function message(number: number, connection = 'c'): NewEvent {
  return { connection, action: 'message', type: 'text', tags: '', message: Buffer.from(`${number}`.padEnd(100)) };
}

function opened(connection: string, tags = ''): NewEvent {
  return { connection, action: 'open', tags };
}

function closed(connection: string, tags = ''): NewEvent {
  return { connection, action: 'close', tags, reason: 'closed_by_client' };
}

function numbers(events: readonly GatewayEvent[]): number[] {
  return events.flatMap(({ message: bytes }) => (bytes === undefined ? [] : [Number(Buffer.from(bytes).toString())]));
}

function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}

/** Appends like a client that is paused while the outbox has much to write. */
async function send(rig: CrashingOutbox, first: number, last: number): Promise<void> {
  for (let number = first; number <= last; number++) {
    await settle(() => rig.outbox.state().bytes < SMALL.maxBytes * 0.55);
    expect(rig.append(message(number))).toBe(true);
  }
}

async function logBytes(dir: string): Promise<number> {
  const files = (await readdir(dir)).filter((name) => name.endsWith('.log'));
  const sizes = await Promise.all(files.map(async (name) => (await stat(join(dir, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

describe.each(['memory', 'disk'] as const)('with durability %s, an outbox with a folder', (durability) => {
  it('stays within its memory while a sink is unavailable, and delivers everything in order when it is back', async () => {
    const { rig, backend } = await create({ durability });
    backend.isAway = true;
    await send(rig, 1, 1500);
    expect(rig.outbox.state().diskSegments).toBeGreaterThan(5);
    backend.isAway = false;
    await rig.deliverAll();
    await send(rig, 1501, 1600);
    await rig.deliverAll();
    expect(numbers(backend.events)).toEqual(upTo(1600));
    expect(backend.events.map(({ sequence }) => sequence)).toEqual(upTo(1600));
    expect(rig.outbox.state().diskBytes).toBeLessThan(24 * KIB);
  });

  it('delivers from disk to a slow sink while another gets events from memory', async () => {
    const { rig, backends } = await create({ durability }, ['lags', 'keeps-up']);
    const [lags, keepsUp] = [backendOf(backends, 'lags'), backendOf(backends, 'keeps-up')];
    lags.isAway = true;
    for (let number = 1; number <= 1000; number += 20) {
      await send(rig, number, number + 19);
      await rig.passUntil(() => rig.outbox.state().sinks[1]?.waiting === 0);
      if (number > 900) lags.isAway = false;
    }
    await rig.deliverAll();
    expect(numbers(lags.events)).toEqual(upTo(1000));
    expect(numbers(keepsUp.events)).toEqual(upTo(1000));
  });

  it('is full at the bound on disk, still accepts close events, and recovers', async () => {
    const { rig, backend } = await create({ durability, maxDiskBytes: 64 * KIB });
    backend.isAway = true;
    for (let connection = 0; connection < 20; connection++) expect(rig.append(opened(`c${connection}`))).toBe(true);
    let accepted = 0;
    while (!rig.outbox.isFull) {
      await settle(() => rig.outbox.state().bytes < SMALL.maxBytes * 0.55);
      if (rig.append(message(accepted + 1))) accepted++;
    }
    while (rig.append(message(accepted + 1))) accepted++;
    expect(accepted).toBeGreaterThan(200);
    for (let connection = 0; connection < 20; connection++) expect(rig.append(closed(`c${connection}`))).toBe(true);
    await settle(() => rig.outbox.state().bytes < SMALL.maxBytes);
    expect(await logBytes(rig.dir)).toBeLessThanOrEqual(80 * KIB);
    backend.isAway = false;
    await rig.deliverAll();
    expect(rig.outbox.isFull).toBe(false);
    expect(numbers(backend.events)).toEqual(upTo(accepted));
    expect(backend.events.filter(({ action }) => action === 'close')).toHaveLength(20);
  });

  it('leaves an empty folder if everything is delivered when it stops', async () => {
    const { rig, backend } = await create({ durability });
    rig.append(opened('c'));
    await send(rig, 1, 400);
    rig.append(closed('c'));
    await rig.deliverAll();
    expect(backend.events).toHaveLength(402);
    expect(await rig.stop()).toBe(0);
    expect(await readdir(rig.dir)).toEqual([]);
  });

  it('keeps what is left at a stop for the next process, including ids, without second close events', async () => {
    const { rig, backend } = await create({ durability });
    backend.isAway = true;
    rig.append(opened('c'));
    for (let number = 1; number <= 50; number++) rig.append(message(number));
    rig.append(closed('c'));
    expect(await rig.stop()).toBe(0);
    expect(rig.log.lines.at(-1)).toMatchObject({ event: 'outbox.kept', fields: { events: 52 } });
    backend.isAway = false;
    await rig.start();
    rig.append(message(51));
    await rig.deliverAll();
    expect(numbers(backend.events)).toEqual(upTo(51));
    const old = upTo(52).map((sequence) => `00af-1700000000000-${sequence}`);
    expect(backend.events.map(({ id }) => id)).toEqual([...old, '00af-1700000000001-1']);
    expect(backend.events.map(({ sequence }) => sequence)).toEqual(upTo(53));
    expect(rig.log.events).toContain('outbox.recovered');
  });

  it('closes open connections with their last tags, before new events, once, even after several kills', async () => {
    const { rig, backend } = await create({ durability });
    rig.append(opened('stays', 'a=1'));
    rig.append(opened('goes', 'a=1'));
    rig.outbox.retagged({ connection: 'stays', tags: 'a=2' });
    rig.outbox.retagged({ connection: 'nobody', tags: 'a=2' });
    rig.append(closed('goes', 'a=1'));
    await rig.deliverAll();
    backend.isAway = true;
    for (let kills = 0; kills < 3; kills++) {
      rig.kill();
      await rig.start();
      if (kills === 0) rig.append(opened('new'));
      await rig.passUntil(() => rig.outbox.state().bytes >= 0);
      await settle(() => rig.outbox.state().diskBytes > 0);
    }
    backend.isAway = false;
    await rig.deliverAll();
    const ghosts = backend.events.filter(({ reason }) => reason === 'node_crashed');
    expect(ghosts[0]).toMatchObject({ connection: 'stays', tags: 'a=2', id: '00af-1700000000001-1' });
    expect(
      backend.events.filter(({ connection, action }) => connection === 'stays' && action === 'close'),
    ).toHaveLength(1);
    expect(backend.events.filter(({ connection, action }) => connection === 'goes' && action === 'close')).toHaveLength(
      1,
    );
    expect(ghosts.some(({ connection }) => connection === 'nobody')).toBe(false);
  });

  it('does not grow while connections stay and thousands come and go', async () => {
    const { rig } = await create({ durability });
    for (let connection = 0; connection < 50; connection++) rig.append(opened(`long-lived-${connection}`));
    for (let round = 0; round < 40; round++) {
      for (let visit = 0; visit < 50; visit++) {
        rig.append(opened(`visit-${round}-${visit}`));
        rig.append(message(visit));
        rig.append(closed(`visit-${round}-${visit}`));
      }
      await rig.deliverAll();
    }
    expect(rig.outbox.state().diskBytes).toBeLessThan(24 * KIB);
    rig.kill();
    await rig.start();
    expect(rig.log.lines.at(-1)).toMatchObject({ event: 'outbox.recovered', fields: { closes: 50 } });
  });

  it('offers nothing while the log cannot be written, reports it, and continues when it can', async () => {
    const { rig, backend } = await create({ durability, segmentBytes: 1 * KIB });
    const segment = join(rig.dir, '00000002.log');
    await mkdir(segment);
    for (let connection = 0; connection < 60; connection++) rig.append(opened(`c${connection}`, 'x'.repeat(20)));
    await rig.passUntil(() => rig.log.events.includes('outbox.log-unwritable'));
    expect(rig.outbox.isFull).toBe(true);
    expect(rig.append(message(1))).toBe(false);
    expect(rig.append(closed('c0'))).toBe(true);
    const delivered = backend.events.length;
    expect(delivered).toBeLessThan(61);
    await rm(segment, { recursive: true });
    await rig.deliverAll();
    expect(backend.events).toHaveLength(61);
    expect(rig.outbox.isFull).toBe(false);
  });
});

it('events moved from memory to disk are kept at a stop, although the first rename of their file failed', async () => {
  const { rig, backend } = await create({ durability: 'memory' });
  backend.isAway = true;
  const name = join(rig.dir, '00000002.log');
  mkdirSync(name);
  for (let number = 1; number <= 60; number++) rig.append(message(number));
  await rig.passUntil(() => rig.log.events.includes('outbox.log-unwritable'));
  rmdirSync(name);
  await rig.passUntil(() => rig.log.events.includes('outbox.log-writable'));
  await send(rig, 61, 400);
  expect(await rig.stop()).toBe(0);
  backend.isAway = false;
  await rig.start();
  await rig.deliverAll();
  expect(numbers(backend.events)).toEqual(upTo(400));
});

it('reports a sink that is no longer configured while events wait for it', async () => {
  const { rig, backends } = await create({ durability: 'disk' }, ['stays', 'goes']);
  backendOf(backends, 'goes').isAway = true;
  for (let number = 1; number <= 3; number++) rig.append(message(number));
  await rig.passUntil(() => rig.outbox.deliveredThrough === 0 && rig.outbox.state().sinks[0]?.waiting === 0);
  await rig.stop();
  backends.delete('goes');
  await rig.start();
  expect(rig.log.lines).toContainEqual(
    expect.objectContaining({ event: 'outbox.sink-gone', fields: { sink: 'goes', events: 3 } }),
  );
});

it('two outboxes never share a folder', async () => {
  const { rig } = await create({ durability: 'disk' });
  const other = await CrashingOutbox.create(new Map([['b', new Backend()]]), { ...SMALL, dir: rig.dir });
  onTestFinished(() => other.remove());
  await expect(other.start()).rejects.toMatchObject({ code: 'outbox.unusable' });
  await writeFile(join(rig.dir, 'not-a-log'), '');
});

describe('an outbox that is killed', () => {
  it('while memory is copied to disk has offered no open event that the next process would not close', async () => {
    for (let again = 0; again < 5; again++) {
      const { rig, backends } = await create({ durability: 'memory' }, ['lags', 'keeps-up']);
      const [lags, keepsUp] = [backendOf(backends, 'lags'), backendOf(backends, 'keeps-up')];
      lags.isAway = true;
      for (let number = 1; number <= 60; number++) rig.append(message(number));
      rig.append(opened('late'));
      await rig.passUntil(() => keepsUp.events.some(({ connection }) => connection === 'late'));
      rig.kill();
      lags.isAway = false;
      await rig.start();
      await rig.deliverAll();
      expect(keepsUp.events.at(-1)).toMatchObject({ connection: 'late', action: 'close', reason: 'node_crashed' });
    }
  });

  it('while the log begins a new file still knows the open connections', async () => {
    const { rig, backend } = await create({ durability: 'disk', segmentBytes: 500 });
    rig.append(opened('stays'));
    await rig.deliverAll();
    const next = join(rig.dir, '00000002.log');
    mkdirSync(next);
    for (let number = 1; number <= 8; number++) rig.append(message(number));
    await rig.passUntil(() => rig.log.events.includes('outbox.log-unwritable'));
    await rig.passUntil(() => rig.outbox.deliveredThrough > 1);
    for (let turn = 0; turn < 20; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
    rmdirSync(next);
    rig.kill();
    await rig.start();
    await rig.deliverAll();
    expect(backend.events.filter(({ reason }) => reason === 'node_crashed')).toHaveLength(1);
  });
});
