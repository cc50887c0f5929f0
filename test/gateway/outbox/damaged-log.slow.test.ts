import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { GatewayEvent } from '../../../src/gateway/event/gateway-event.js';
import type { NewEvent } from '../../../src/gateway/outbox/outbox.js';
import { outboxDetails } from '../../../src/gateway/internal-api/health-routes.js';
import { inFormat1 } from '../../support/format-1.js';
import { fill, logFiles, numbered, recovered, textOf } from '../../support/left-log.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { REJECT, ScriptedSink } from '../../support/scripted-sink.js';
import { settle } from '../../support/settle.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { manualOutbox } from '../../support/test-outbox.js';

const PAGE_BYTES = 4096;
/** Offset after the header, the snapshot, the padding and the copy of the snapshot. */
const FRONT_BYTES = 4_500;
/** Smallest size that can be configured. */
const SEGMENT_BYTES = 65_536;
const MESSAGE_BYTES = 400;

/** Files of a log that a process left. */
type Files = ReadonlyMap<string, Buffer>;

const open: NewEvent = { connection: 'n', action: 'open', tags: 'x=1' };
const long: NewEvent = { connection: 'n', action: 'open', tags: 'y=1' };
/** A connection that is open from the first file on: later only snapshots have it. */
const accepted = [{ ...long, connection: 'quiet' }, open, ...numbered(600, MESSAGE_BYTES)];
const everything = [...accepted.map(textOf), 'close', 'close'];

async function leftBy(events: readonly NewEvent[]): Promise<Files> {
  const dir = await temporaryFolder();
  await fill(dir, events, { segmentBytes: SEGMENT_BYTES });
  const names = await logFiles(dir);
  return new Map(await Promise.all(names.map(async (name) => [name, await readFile(join(dir, name))] as const)));
}

async function written(files: Files): Promise<string> {
  const dir = await temporaryFolder();
  for (const [name, bytes] of files) await writeFile(join(dir, name), bytes);
  return dir;
}

/** The same files with one of them changed. */
function changed(files: Files, index: number, change: (bytes: Buffer) => void): Files {
  const [name = '', bytes = Buffer.alloc(0)] = [...files][index] ?? [];
  const copy = Buffer.from(bytes);
  change(copy);
  return new Map([...files, [name, copy]]);
}

function texts(events: readonly GatewayEvent[]): string[] {
  return events.map(textOf);
}

/** Events that are not delivered, in order; fails when anything else differs. */
function missingIn(delivered: readonly string[]): string[] {
  const missing: string[] = [];
  let next = 0;
  for (const text of everything) {
    if (delivered[next] === text) next++;
    else missing.push(text);
  }
  expect(next).toBe(delivered.length);
  return missing;
}

describe('a log that is damaged before its end', () => {
  let files: Files;
  beforeEach(async () => {
    files = await leftBy(accepted);
  });

  it('has several files, and is delivered completely without damage', async () => {
    expect(files.size).toBeGreaterThan(3);
    expect(texts(await recovered(await written(files)))).toEqual(everything);
  });

  it('loses only the one record with a flipped byte, at any offset', async () => {
    const place = fc.record({
      file: fc.nat({ max: 50 }),
      share: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    });
    const flip = fc.integer({ min: 1, max: 255 });
    await fc.assert(
      fc.asyncProperty(place, flip, async ({ file, share }, bits) => {
        const index = file % files.size;
        const damaged = changed(files, index, (bytes) => {
          // Much of the front is padding, where nothing can be lost.
          const from = share < 0.2 ? 0 : Math.min(FRONT_BYTES, bytes.length - 1);
          const at = from + Math.floor(share * (bytes.length - from));
          bytes.writeUInt8(bytes.readUInt8(at) ^ bits, at);
        });
        const missing = missingIn(texts(await recovered(await written(damaged))));
        expect(missing.length).toBeLessThanOrEqual(1);
        expect(missing).not.toContain('close');
      }),
      {
        numRuns: 150,
        examples: [
          [{ file: 0, share: 0 }, 1],
          [{ file: 1, share: 0.0005 }, 4],
          [{ file: 3, share: 0 }, 255],
        ],
      },
    );
  }, 60_000);

  it.each([0, 1, 2])('reports file, offset and bytes of what it skips in file %i, and keeps a copy', async (index) => {
    const name = [...files.keys()][index] ?? '';
    let at = 0;
    const damaged = changed(files, index, (bytes) => {
      at = bytes.indexOf('number-', FRONT_BYTES + 300);
      bytes.write('X', at);
    });
    const dir = await written(damaged);
    const log = new RecordingLogger();
    expect(missingIn(texts(await recovered(dir, { log })))).toHaveLength(1);
    const { level, fields } = log.lines.find(({ event }) => event === 'outbox.log-damaged') ?? {};
    expect(level).toBe('error');
    expect(fields).toMatchObject({ file: join(dir, name), bytes: expect.any(Number) as unknown });
    expect(at - Number(fields?.['at'])).toBeLessThan(40);
    const [kept = ''] = await readdir(join(dir, 'damaged'));
    expect(await readFile(join(dir, 'damaged', kept))).toEqual(damaged.get(name));
    expect(log.lines.find(({ event }) => event === 'outbox.damage-skipped')?.fields).toMatchObject({
      missingEvents: 1,
    });
  });

  it.each([
    ['zeroes', (bytes: Buffer) => bytes.fill(0)],
    ['ones', (bytes: Buffer) => bytes.fill(0xff)],
    ['text', (bytes: Buffer) => bytes.fill('number-1.')],
  ])('loses only what stood in a page of %s, at the front of a file too', async (_, overwrite) => {
    for (const at of [0, 5, 2_000, FRONT_BYTES - 400, FRONT_BYTES + 200]) {
      const damaged = changed(files, 1, (bytes) => overwrite(bytes.subarray(at, at + PAGE_BYTES)));
      const missing = missingIn(texts(await recovered(await written(damaged))));
      expect(missing.length).toBeLessThanOrEqual(at + PAGE_BYTES < FRONT_BYTES - 300 ? 0 : 12);
      expect(missing).not.toContain('close');
    }
  });

  it('loses the end of a truncated file in the middle, and nothing of later files', async () => {
    const dir = await written(files);
    const path = join(dir, [...files.keys()][1] ?? '');
    await truncate(path, FRONT_BYTES + 500);
    const log = new RecordingLogger();
    const missing = missingIn(texts(await recovered(dir, { log })));
    expect(missing.length).toBeGreaterThan(100);
    expect(missing.length).toBeLessThan(200);
    expect(log.events).toContain('outbox.log-damaged');
  });

  it.each([
    ['missing', 'outbox.log-missing', (path: string) => rm(path)],
    ['empty', 'outbox.log-damaged', (path: string) => truncate(path, 0)],
  ])('reports a file that is %s', async (_, event, damage) => {
    const dir = await written(files);
    const path = join(dir, [...files.keys()][1] ?? '');
    await damage(path);
    const log = new RecordingLogger();
    expect(missingIn(texts(await recovered(dir, { log }))).length).toBeLessThan(300);
    expect(log.lines.find((line) => line.event === event)).toMatchObject({ level: 'error', fields: { file: path } });
  });

  it('closes a connection whose open event is damaged, known from its messages', async () => {
    const left = await leftBy([open, ...numbered(3)]);
    const damaged = changed(left, 0, (bytes) => bytes.write('y', bytes.indexOf('x=1')));
    expect(texts(await recovered(await written(damaged)))).toEqual([...numbered(3).map(textOf), 'close']);
  });

  it('is rejected by a strict start, which does not change it', async () => {
    const damaged = changed(files, 1, (bytes) => bytes.write('X', bytes.indexOf('number-')));
    const dir = await written(damaged);
    const path = join(dir, [...files.keys()][1] ?? '');
    await expect(recovered(dir, { config: { damaged: 'strict' } })).rejects.toMatchObject({
      code: 'outbox.unusable',
      message: expect.stringContaining(`${path} is damaged at byte`) as unknown,
    });
    for (const [name, bytes] of damaged) expect(await readFile(join(dir, name))).toEqual(bytes);
    expect((await readdir(dir)).toSorted()).toEqual([...files.keys()]);
  });

  it('is accepted by a strict start when only its end is incomplete', async () => {
    const dir = await written(files);
    const newest = [...files.keys()].at(-1) ?? '';
    await truncate(join(dir, newest), (files.get(newest)?.length ?? 0) - 1);
    expect(texts(await recovered(dir, { config: { damaged: 'strict' } })).length).toBeGreaterThan(600);
  });

  it('does not read a message as a record, even if it looks like one', async () => {
    const forged = [...files.values()][1] ?? Buffer.alloc(0);
    const message: NewEvent = { connection: 'n', action: 'message', type: 'binary', tags: '', message: forged };
    const left = await leftBy([open, message, ...numbered(3)]);
    const whole = await recovered(await written(left));
    expect(Buffer.from(whole[1]?.message ?? [])).toEqual(forged);
    const damaged = changed(left, 0, (bytes) => bytes.fill(0, FRONT_BYTES, FRONT_BYTES + 200));
    expect(texts(await recovered(await written(damaged)))).toEqual(['open', ...numbered(3).map(textOf), 'close']);
  });

  it('keeps few copies, the newest ones', async () => {
    const dir = await temporaryFolder();
    for (let boot = 0; boot < 12; boot++) {
      await fill(dir, numbered(2), { epoch: 1_700_000_000_000 + boot });
      const path = join(dir, (await logFiles(dir)).at(-1) ?? '');
      const bytes = await readFile(path);
      bytes.write('X', bytes.indexOf('number-1'));
      await writeFile(path, bytes);
    }
    await recovered(dir);
    expect((await readdir(join(dir, 'damaged'))).length).toBe(8);
  });

  it('of the first format can be read, and loses only the damaged record', async () => {
    const [name = '', bytes = Buffer.alloc(0)] = [...(await leftBy([open, ...numbered(100)]))][0] ?? [];
    const old = inFormat1(bytes);
    const whole = ['open', ...numbered(100).map(textOf), 'close'];
    expect(texts(await recovered(await written(new Map([[name, old]]))))).toEqual(whole);
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: old.length - 60 }), fc.integer({ min: 1, max: 255 }), async (at, bits) => {
        const damaged = Buffer.from(old);
        damaged.writeUInt8(damaged.readUInt8(at) ^ bits, at);
        const delivered = texts(await recovered(await written(new Map([[name, damaged]]))));
        expect(delivered.length).toBeGreaterThanOrEqual(whole.length - 1);
        expect(delivered.filter((text) => !whole.includes(text))).toEqual([]);
        expect(delivered.at(-1)).toBe('close');
      }),
      {
        numRuns: 100,
        examples: [
          [4, 2],
          [0, 1],
          [30, 0x40],
          // A length that ends at the start of a later record.
          [663, 248],
        ],
      },
    );
  });
});

describe('a log that is damaged while the gateway runs', () => {
  /** Events that wait only on disk, so that the sink gets the content of the files. */
  async function waitingOnDisk() {
    const dir = await temporaryFolder();
    const sink = new ScriptedSink(
      's',
      Array.from({ length: 5 }, () => REJECT),
    );
    const config = { dir, durability: 'disk', segmentBytes: SEGMENT_BYTES, fsync: 'never', maxEvents: 40 } as const;
    const { outbox, clock, log } = manualOutbox([{ sink, required: true }], { config });
    await outbox.start();
    for (const event of numbered(800, MESSAGE_BYTES)) {
      await settle(() => !outbox.isFull && outbox.append(event) > 0);
    }
    return { dir, sink, outbox, clock, log };
  }

  async function damage(dir: string, index: number, change: (bytes: Buffer) => void): Promise<void> {
    const path = join(dir, (await logFiles(dir))[index] ?? '');
    const bytes = await readFile(path);
    change(bytes);
    await writeFile(path, bytes);
  }

  it('delivers events that can be read, and counts the others', async () => {
    const { dir, sink, outbox, clock, log } = await waitingOnDisk();
    await damage(dir, 0, (bytes) => bytes.write('X', bytes.indexOf('number-120.')));
    await damage(dir, 1, (bytes) => bytes.fill(0, FRONT_BYTES + 500, bytes.length));
    await settle(() => {
      clock.advance(1_000);
      return outbox.state().events === 0;
    });
    const whole = numbered(800, MESSAGE_BYTES).map(textOf);
    const delivered = texts(sink.taken);
    expect(delivered.filter((text) => !whole.includes(text))).toEqual([]);
    expect(delivered).not.toContain(whole[119]);
    expect(delivered.at(-1)).toBe(whole.at(-1));
    expect(outbox.state().damage).toMatchObject({ places: 2, events: 800 - delivered.length });
    expect(outboxDetails(outbox.state())['outbox_damaged']).toContain('places=2');
    expect(log.lines.filter(({ event }) => event === 'outbox.log-damaged')).toHaveLength(2);
  });
});
