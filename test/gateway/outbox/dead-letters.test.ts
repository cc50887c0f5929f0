import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { NewEvent } from '../../../src/gateway/outbox/outbox.js';
import type { GatewayEvent } from '../../../src/gateway/event/gateway-event.js';
import type { EventSink, SinkReceipt } from '../../../src/gateway/sink/event-sink.js';
import { settle } from '../../support/settle.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { manualOutbox } from '../../support/test-outbox.js';

function message(text: string): NewEvent {
  return { connection: 'c1', action: 'message', type: 'text', tags: 'a=b', message: Buffer.from(text) };
}

function create(sink: EventSink, deadLetterDir: string) {
  return manualOutbox([{ sink, required: true }], { config: { deadLetterDir } });
}

/** Takes everything but what holds the word "poison". */
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

describe('what a sink refuses for good', () => {
  test('goes to its dead-letter file, and the events behind it go on', async () => {
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

  test('is logged once a minute, with its number', async () => {
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

  test('waits for its file while that cannot be written, and nobody is given the batch again', async () => {
    const folder = await temporaryFolder();
    const deadLetterDir = join(folder, 'in-the-way');
    await writeFile(deadLetterDir, '');
    const sink = new PickySink();
    const { outbox, clock, log } = create(sink, deadLetterDir);
    await outbox.start();
    for (const each of ['a', 'poison', 'b']) outbox.append(message(each));
    for (const pauseMs of [100, 200]) {
      await settle(() => clock.waiting === 1);
      expect(outbox.state()).toMatchObject({ events: 3, sinks: [{ status: 'away', refused: 0 }] });
      clock.advance(pauseMs);
    }
    await settle(() => clock.waiting === 1);
    await rm(deadLetterDir);
    clock.advance(400);
    await settle(() => outbox.state().events === 0);
    expect(sink.taken).toEqual(['a', 'b']);
    expect((await readFile(join(deadLetterDir, 'picky.jsonl'), 'utf8')).split('\n')).toHaveLength(2);
    expect(log.events).toEqual(['sink.dead-letters-unwritable', 'sink.event-refused', 'sink.back']);
  });

  test('and could not be written by the end is offered to the next process', async () => {
    const folder = await temporaryFolder();
    const deadLetterDir = join(folder, 'in-the-way');
    await writeFile(deadLetterDir, '');
    const { outbox, clock } = create(new PickySink(), deadLetterDir);
    await outbox.start();
    outbox.append(message('poison'));
    await settle(() => clock.waiting === 1);
    const stopping = outbox.stop(0);
    clock.advance(0);
    expect(await stopping).toBe(1);
  });
});
