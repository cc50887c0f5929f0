import { copyFile, mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GatewayEvent } from '../../../src/gateway/event/gateway-event.js';
import type { NewEvent } from '../../../src/gateway/outbox/outbox.js';
import { FORMAT } from '../../../src/gateway/outbox/log/segment-header.js';
import { fill, logFiles, numbered, recovered, textOf } from '../../support/left-log.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const text = fc.string({ unit: 'grapheme', maxLength: 60 });
const destinations = fc.option(fc.array(text, { maxLength: 4 }), { nil: undefined });
const name = fc.constantFrom('a', 'b', 'c', 'a-name-that-is-longer-than-what-fits-the-short-form');
const message: fc.Arbitrary<NewEvent> = fc.record({
  connection: name,
  action: fc.constant('message'),
  type: fc.constantFrom('text', 'binary'),
  tags: text,
  message: fc.uint8Array({ maxLength: 400 }),
  destinations,
});
const opened: fc.Arbitrary<NewEvent> = fc.record({
  connection: name,
  action: fc.constant('open'),
  tags: text,
  destinations,
});
const closed: fc.Arbitrary<NewEvent> = fc.record({
  connection: name,
  action: fc.constant('close'),
  tags: text,
  reason: fc.constantFrom('closed_by_client', 'drain'),
  destinations,
});
const events = fc.array(fc.oneof(message, opened, closed), { minLength: 1, maxLength: 30 });

async function copyLog(from: string): Promise<string> {
  const to = await temporaryFolder();
  for (const file of await logFiles(from)) await copyFile(join(from, file), join(to, file));
  return to;
}

function fields({ connection, action, type, tags, message: bytes, reason, destinations: where }: NewEvent): unknown[] {
  return [connection, action, type, tags, bytes && Buffer.from(bytes).toString('hex'), reason, where];
}

/** The naive oracle: the prefix, then a close for each connection that is open after it. */
function expected(prefix: readonly NewEvent[]): unknown[] {
  const open = new Map<string, NewEvent>();
  for (const each of prefix) {
    if (each.action === 'close') open.delete(each.connection);
    if (each.action === 'open' && !open.has(each.connection)) open.set(each.connection, each);
  }
  const closes = [...open.values()].map((each): NewEvent => ({ ...each, action: 'close', reason: 'node_crashed' }));
  return [...prefix, ...closes].map(fields);
}

function recoveredOfFirstBoot(found: readonly GatewayEvent[]): number {
  return found.filter(({ id }) => id.includes('-1700000000000-')).length;
}

describe('the log on disk', () => {
  it('truncated at any byte of its newest file has a prefix of the events with all fields, and a close event for each open connection', async () => {
    await fc.assert(
      fc.asyncProperty(events, fc.double({ min: 0, max: 1, noNaN: true }), async (accepted, share) => {
        const dir = await temporaryFolder();
        await fill(dir, accepted);
        const newest = (await logFiles(dir)).at(-1) ?? '';
        const { length } = await readFile(join(dir, newest));
        await truncate(join(dir, newest), Math.floor(share * length));
        const found = await recovered(dir);
        const prefix = accepted.slice(0, recoveredOfFirstBoot(found));
        expect(found.map(fields)).toEqual(expected(prefix));
        expect(found.map(({ sequence }) => sequence)).toEqual(found.map((_, index) => index + 1));
        expect(prefix.length).toBeGreaterThanOrEqual(share === 1 ? accepted.length : 0);
      }),
      { numRuns: 60, examples: [[[{ connection: 'a', action: 'open', tags: 'x=1' }], 1]] },
    );
  });

  it('truncated in its last record has everything before it, and reports the offset', async () => {
    const dir = await temporaryFolder();
    await fill(dir, numbered(10));
    const [newest = ''] = await logFiles(dir);
    const bytes = await readFile(join(dir, newest));
    await truncate(join(dir, newest), bytes.indexOf('number-10'));
    const log = new RecordingLogger();
    const found = await recovered(dir, { log });
    expect(found.map(textOf)).toEqual(numbered(9).map(textOf));
    expect(log.lines[0]).toMatchObject({ event: 'outbox.log-cut', fields: { file: join(dir, newest) } });
  });

  it('rejects a file of a later format', async () => {
    const dir = await temporaryFolder();
    await fill(dir, numbered(1));
    const [newest = ''] = await logFiles(dir);
    const bytes = await readFile(join(dir, newest));
    bytes.writeUInt8(FORMAT + 1, 4);
    bytes.writeUInt32LE(crc32(bytes.subarray(0, 16)), 16);
    await writeFile(join(dir, newest), bytes);
    await expect(recovered(dir)).rejects.toMatchObject({
      code: 'outbox.unusable',
      message: expect.stringContaining('later version') as unknown,
    });
  });

  it('rejects a path that is not a folder', async () => {
    const dir = join(await temporaryFolder(), 'file');
    await writeFile(dir, '');
    await expect(recovered(dir)).rejects.toMatchObject({ code: 'outbox.unusable' });
  });

  it('is the same after a process was killed during its recovery', async () => {
    const dir = await temporaryFolder();
    await fill(dir, [{ connection: 'a', action: 'open', tags: 'x=1' }, ...numbered(5)]);
    const unfinished = await copyLog(dir);
    await writeFile(join(unfinished, '00000009.log.unfinished'), 'half a header');
    await mkdir(join(unfinished, 'dead-letters'));
    expect((await recovered(unfinished)).map(fields)).toEqual((await recovered(dir)).map(fields));
  });
});
