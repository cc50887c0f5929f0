import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { SinksConfig } from '../../../src/gateway/sinks/sink-definition.js';
import { DeadLetters } from '../../../src/gateway/outbox/letters/dead-letters.js';
import { letterFiles, putAside } from '../../../src/gateway/outbox/letters/letter-files.js';
import { tryDeadLetters } from '../../../src/gateway/outbox/letters/try-dead-letters.js';
import type { NewEvent } from '../../../src/gateway/outbox/outbox.js';
import type { GatewayEvent } from '../../../src/gateway/event/gateway-event.js';
import type { EventSink, SinkReceipt } from '../../../src/gateway/sinks/event-sink.js';
import { ManualClock } from '../../support/manual-clock.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { settle } from '../../support/settle.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { testConfig } from '../../support/running-gateway.js';
import { manualOutbox, outboxConfig } from '../../support/test-outbox.js';

function message(text: string): NewEvent {
  return { connection: 'c1', action: 'message', type: 'text', tags: 'a=b', message: Buffer.from(text) };
}

function create(sink: EventSink, deadLetterDir: string) {
  return manualOutbox([{ sink, required: true }], { config: { deadLetterDir } });
}

/** Accepts all events except those that contain the word "poison". */
class PickySink implements EventSink {
  readonly name = 'picky';
  readonly taken: string[] = [];

  async start(): Promise<void> {}

  async deliver(batch: readonly GatewayEvent[]): Promise<SinkReceipt> {
    const refused = batch.filter((event) => text(event).includes('poison'));
    this.taken.push(...batch.filter((event) => !refused.includes(event)).map(text));
    return { settled: batch.length, refused: refused.map((event) => ({ event, reason: 'It is poison.' })) };
  }

  async stop(): Promise<void> {}
}

function text({ message: bytes }: GatewayEvent): string {
  return Buffer.from(bytes ?? []).toString();
}

describe('an event that a sink refuses for good', () => {
  it('goes to the dead-letter file, and later events are delivered', async () => {
    const deadLetterDir = join(await temporaryFolder(), 'made', 'when', 'needed');
    const sink = new PickySink();
    const { outbox, log } = create(sink, deadLetterDir);
    await outbox.start();
    for (const each of ['a', 'poison', 'b']) outbox.append(message(each));
    await settle(() => outbox.state().events === 0);
    expect(sink.taken).toEqual(['a', 'b']);
    const lines = (await readFile(join(deadLetterDir, 'picky.jsonl'), 'utf8')).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      {
        time: '2023-11-14T22:13:20.000Z',
        id: '00af-1700000000000-2',
        connection: 'c1',
        action: 'message',
        type: 'text',
        tags: 'a=b',
        message: Buffer.from('poison').toString('base64'),
        reason: 'It is poison.',
      },
    ]);
    expect(outbox.state().sinks).toMatchObject([{ name: 'picky', status: 'up', refused: 1 }]);
    expect(log.lines).toMatchObject([
      { event: 'sink.event-refused', fields: { sink: 'picky', id: '00af-1700000000000-2', refused: 1 } },
    ]);
  });

  it('is logged once a minute, with its number', async () => {
    const deadLetterDir = await temporaryFolder();
    const { outbox, log, clock } = create(new PickySink(), deadLetterDir);
    await outbox.start();
    for (let minute = 0; minute < 2; minute++) {
      for (let events = 0; events < 3; events++) {
        outbox.append(message('poison'));
        await settle(() => outbox.state().events === 0);
      }
      clock.advance(60_000);
    }
    expect(log.lines.map(({ event, fields }) => [event, fields['refused']])).toEqual([
      ['sink.event-refused', 1],
      ['sink.event-refused', 4],
    ]);
  });

  it('waits while the file cannot be written, and the batch is not offered again', async () => {
    const folder = await temporaryFolder();
    const deadLetterDir = join(folder, 'in-the-way');
    await writeFile(deadLetterDir, '');
    const sink = new PickySink();
    const { outbox, clock, log } = create(sink, deadLetterDir);
    await outbox.start();
    for (const each of ['a', 'poison', 'b']) outbox.append(message(each));
    for (const pauseMs of [100, 200]) {
      await settle(() => clock.waiting === 2);
      expect(outbox.state()).toMatchObject({ events: 3, sinks: [{ status: 'away', refused: 0 }] });
      clock.advance(pauseMs);
    }
    await settle(() => clock.waiting === 2);
    await rm(deadLetterDir);
    clock.advance(400);
    await settle(() => outbox.state().events === 0);
    expect(sink.taken).toEqual(['a', 'b']);
    expect((await readFile(join(deadLetterDir, 'picky.jsonl'), 'utf8')).split('\n')).toHaveLength(2);
    expect(log.events).toEqual(['sink.dead-letters-unwritable', 'sink.event-refused', 'sink.back']);
  });

  it('is offered by the next process if it could not be written by the end', async () => {
    const folder = await temporaryFolder();
    const deadLetterDir = join(folder, 'in-the-way');
    await writeFile(deadLetterDir, '');
    const { outbox, clock } = create(new PickySink(), deadLetterDir);
    await outbox.start();
    outbox.append(message('poison'));
    await settle(() => clock.waiting === 2);
    const stopping = outbox.stop(0);
    clock.advance(0);
    expect(await stopping).toBe(1);
  });

  it('is written as a separate line after half a line that a killed process left', async () => {
    const deadLetterDir = await temporaryFolder();
    await writeFile(join(deadLetterDir, 'picky.jsonl'), '{"time":"2023-');
    const { outbox } = create(new PickySink(), deadLetterDir);
    await outbox.start();
    outbox.append(message('poison'));
    await settle(() => outbox.state().events === 0);
    const lines = (await readFile(join(deadLetterDir, 'picky.jsonl'), 'utf8')).trimEnd().split('\n');
    expect(lines).toHaveLength(2);
    expect(JSON.parse(lines[1] ?? '')).toMatchObject({ reason: 'It is poison.' });
  });
});

function idsOf(lines: string): string[] {
  return Array.from(lines.matchAll(/"id":"([^"]+)"/g), ([, id = '']) => id);
}

describe('dead letters at their bound', () => {
  function atBound(deadLetterDir: string, deadLetterPolicy: 'block' | 'drop-oldest') {
    const config = { deadLetterDir, deadLetterPolicy, deadLetterMaxBytes: 4_000 };
    return manualOutbox([{ sink: new PickySink(), required: true }], {
      config,
      batch: { maxEvents: 1, maxBytes: 1_000 },
    });
  }

  async function lettersIn(dir: string): Promise<string[]> {
    const files = await letterFiles(dir, 'picky');
    const texts = await Promise.all(files.map(({ path }) => readFile(path, 'utf8')));
    return texts.flatMap(idsOf);
  }

  it('stop the sink, with the reason, until there is room; no event is lost', async () => {
    const dir = await temporaryFolder();
    const { outbox, clock, log } = atBound(dir, 'block');
    await outbox.start();
    for (let number = 0; number < 40; number++) outbox.append(message('poison'));
    await settle(() => outbox.state().sinks[0]?.status === 'away');
    const { waiting, reason } = outbox.state().sinks[0] ?? {};
    expect(waiting).toBeGreaterThan(0);
    expect(reason).toContain('wsg outbox redeliver');
    expect(log.events).toContain('sink.dead-letters-unwritable');
    const kept = await lettersIn(dir);
    expect(kept.length + (waiting ?? 0)).toBe(40);
    for (const { path } of await letterFiles(dir, 'picky')) await rm(path);
    await settle(() => {
      clock.advance(1_000);
      return outbox.state().sinks[0]?.waiting === (waiting ?? 0) - kept.length || outbox.state().events === 0;
    });
    expect(await lettersIn(dir)).not.toEqual([]);
  });

  it('drop the oldest letters if so configured, and count them', async () => {
    const dir = await temporaryFolder();
    const { outbox, clock, log } = atBound(dir, 'drop-oldest');
    await outbox.start();
    for (let number = 0; number < 100; number++) outbox.append(message('poison'));
    await settle(() => outbox.state().events === 0);
    const kept = await lettersIn(dir);
    expect(kept).toEqual(
      Array.from({ length: kept.length }, (_, index) => `00af-1700000000000-${101 - kept.length + index}`),
    );
    await settle(() => {
      clock.advance(6_000);
      return outbox.state().sinks[0]?.letters.letters === kept.length;
    });
    const { bytes, dropped } = outbox.state().sinks[0]?.letters ?? { bytes: 0, dropped: 0 };
    expect(bytes).toBeLessThan(4_400);
    expect(dropped + kept.length).toBe(100);
    expect(log.events).toContain('sink.dead-letters-dropped');
  });

  it('reach a reader that moves their files away while they are written', async () => {
    const dir = await temporaryFolder();
    const [clock, log] = [new ManualClock(), new RecordingLogger()];
    const letters = new DeadLetters({
      dir,
      sink: 'picky',
      sync: false,
      maxBytes: 2 ** 30,
      policy: 'block',
      positions: [],
      clock,
      log,
    });
    // Large enough to be written in several pieces.
    const large = {
      connection: 'c',
      action: 'message',
      type: 'text',
      tags: '',
      message: Buffer.alloc(300_000, 'x'),
    } as const;
    const read = new Set<string>();
    let isOver = false;
    const reading = (async () => {
      for (let round = 0; !isOver; round++) {
        await putAside(dir, 'picky', Date.now());
        const aside = (await letterFiles(dir, 'picky')).filter(({ path }) => path !== join(dir, 'picky.jsonl'));
        for (const { path } of aside) {
          for (const id of idsOf(await readFile(path, 'utf8'))) read.add(id);
          await rm(path);
        }
        for (let turn = 0; turn < round % 7; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
      }
    })();
    for (let batch = 0; batch < 30; batch++) {
      const sequences = Array.from({ length: 10 }, (_, index) => batch * 10 + index + 1);
      await letters.keep(
        sequences.map((sequence) => ({ event: { ...large, id: `00af-1-${sequence}`, sequence }, reason: 'No.' })),
      );
    }
    isOver = true;
    await reading;
    for (const id of await lettersIn(dir)) read.add(id);
    expect(read.size).toBe(300);
  });
});

describe('the folder for dead letters', () => {
  it('is checked at the start if a sink may refuse events, without leaving a file', async () => {
    const folder = await temporaryFolder();
    await tryDeadLetters(sinks(true), outboxConfig({ deadLetterDir: join(folder, 'a', 'b') }));
    expect(await readdir(folder)).toEqual([]);
    await writeFile(join(folder, 'file'), '');
    const impossible = outboxConfig({ deadLetterDir: join(folder, 'file', 'letters') });
    await expect(tryDeadLetters(sinks(true), impossible)).rejects.toMatchObject({
      code: 'outbox.unusable',
      message: expect.stringContaining(join(folder, 'file')) as unknown,
    });
    await tryDeadLetters(sinks(false), impossible);
  });

  it('is reported as outbox.dir if only that is configured', async () => {
    const dir = join(await temporaryFolder(), 'file');
    await writeFile(dir, '');
    const impossible = outboxConfig({ dir, deadLetterDir: join(dir, 'dead-letters') });
    await expect(tryDeadLetters(sinks(true), impossible)).rejects.toMatchObject({
      code: 'outbox.unusable',
      message: expect.stringContaining(`The folder ${dir} cannot be used`) as unknown,
      hint: expect.stringContaining('outbox.dir') as unknown,
    });
  });

  function sinks(hasRedis: boolean): SinksConfig {
    return testConfig(hasRedis ? { stream_redis: { addr: 'redis://localhost' } } : {}).sinks;
  }
});
