import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WsgError } from '../../../src/core/error.js';
import { EventOutbox, type EventOutboxOptions } from '../../../src/gateway/outbox/event-outbox.js';
import type { NewEvent } from '../../../src/gateway/outbox/outbox.js';
import type { GatewayEvent } from '../../../src/gateway/event/gateway-event.js';
import type { EventSink, SinkReceipt } from '../../../src/gateway/sink/event-sink.js';
import { ManualClock } from '../../support/manual-clock.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { REJECT, ScriptedSink } from '../../support/scripted-sink.js';
import { settle } from '../../support/settle.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { TEST_BOOT } from '../../support/test-event.js';
import { outboxConfig } from '../../support/test-outbox.js';

function message(text: string): NewEvent {
  return { connection: 'c1', action: 'message', type: 'text', tags: 'a=b', message: Buffer.from(text) };
}

type Changes = Partial<Pick<EventOutboxOptions, 'gate' | 'batch'>> & { config?: Parameters<typeof outboxConfig>[0] };

function create(sinks: EventOutboxOptions['sinks'], { config, ...changes }: Changes = {}) {
  const [clock, log] = [new ManualClock(), new RecordingLogger()];
  const outbox = new EventOutbox({ boot: TEST_BOOT, sinks, clock, log, config: outboxConfig(config), ...changes });
  onTestFinished(async () => {
    let isStopped = false;
    outbox.stop(0).then(
      () => (isStopped = true),
      () => (isStopped = true),
    );
    await settle(() => {
      clock.advance(1_000);
      return isStopped;
    });
  });
  return { outbox, clock, log };
}

/** Takes everything but what holds the word "poison". */
class PickySink implements EventSink {
  readonly name = 'picky';
  readonly taken: string[] = [];
  offered = 0;

  async start(): Promise<void> {}

  async deliver(batch: readonly GatewayEvent[]): Promise<SinkReceipt> {
    this.offered++;
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
    const { outbox, log } = create([{ sink, required: true }], { config: { deadLetterDir } });
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
    const { outbox, log, clock } = create([{ sink: new PickySink(), required: true }], { config: { deadLetterDir } });
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

  test('is offered again while the file cannot be written, and nothing is lost', async () => {
    const folder = await temporaryFolder();
    const deadLetterDir = join(folder, 'in-the-way');
    await writeFile(deadLetterDir, '');
    const sink = new PickySink();
    const { outbox, clock, log } = create([{ sink, required: true }], { config: { deadLetterDir } });
    await outbox.start();
    outbox.append(message('poison'));
    await settle(() => clock.waiting === 1);
    expect(outbox.state()).toMatchObject({ events: 1, sinks: [{ status: 'away', refused: 0 }] });
    await rm(deadLetterDir);
    clock.advance(100);
    await settle(() => outbox.state().events === 0);
    expect(sink.offered).toBe(2);
    expect((await readFile(join(deadLetterDir, 'picky.jsonl'), 'utf8')).split('\n')).toHaveLength(2);
    expect(log.events).toEqual(['sink.away', 'sink.event-refused', 'sink.back']);
  });
});

describe('a sink that is not required', () => {
  const config = { maxBytes: 100_000, maxEvents: 1_000_000, optionalMaxBytes: 20_000 };

  test('misses the oldest events when too much waits for it, and holds nobody else', async () => {
    const away = new ScriptedSink(
      'away',
      Array.from({ length: 50 }, () => REJECT),
    );
    const here = new ScriptedSink('here');
    const sinks = [
      { sink: away, required: false },
      { sink: here, required: true },
    ];
    const { outbox, clock, log } = create(sinks, { config });
    await outbox.start();
    for (let number = 1; number <= 500; number++) {
      expect(outbox.append(message(`${number}`))).toBe(number);
      if (number % 20 === 0) await settle(() => outbox.state().sinks[1]?.waiting === 0);
    }
    expect(outbox.isFull).toBe(false);
    expect(here.taken).toHaveLength(500);
    expect(outbox.state().bytes).toBeLessThanOrEqual(22_000);
    expect(outbox.acknowledgedThrough).toBe(500);
    expect(log.events).toContain('sink.cut-off');
    await settle(() => {
      clock.advance(5_000);
      return outbox.state().events === 0;
    });
    const missed = outbox.state().sinks[0]?.missed ?? 0;
    const numbers = away.taken.map((event) => Number(text(event)));
    expect(missed).toBeGreaterThan(400);
    expect(numbers.at(-1)).toBe(500);
    expect(numbers).toEqual(numbers.map((_, index) => 500 - numbers.length + 1 + index));
    expect(missed + numbers.length).toBeGreaterThanOrEqual(500);
  });

  test('loses nothing while it is merely slower', async () => {
    const slow = new ScriptedSink('slow', [REJECT, REJECT]);
    const { outbox, clock } = create([{ sink: slow, required: false }], { config });
    await outbox.start();
    for (let number = 1; number <= 50; number++) outbox.append(message(`${number}`));
    await settle(() => {
      clock.advance(200);
      return outbox.state().events === 0;
    });
    expect(slow.taken).toHaveLength(50);
    expect(outbox.state().sinks[0]?.missed).toBe(0);
  });
});

describe('the start of an outbox', () => {
  class StartSink extends ScriptedSink {
    constructor(private readonly begin: () => Promise<void>) {
      super('begins');
    }

    override start(): Promise<void> {
      return this.begin();
    }
  }

  test('fails when a sink is refused, required or not', async () => {
    const refusal = new WsgError('sink.refused', 'The password is wrong.');
    const sink = new StartSink(() => Promise.reject(refusal));
    await expect(create([{ sink, required: false }]).outbox.start()).rejects.toBe(refusal);
  });

  test('does not when a sink is merely away: it is told, and offered what was accepted', async () => {
    const sink = new StartSink(() => Promise.reject(new Error('nobody listens')));
    const { outbox, log } = create([{ sink, required: true }]);
    await outbox.start();
    expect(outbox.isBuffering).toBe(true);
    expect(log.lines[0]).toMatchObject({ event: 'sink.away', fields: { reason: 'nobody listens' } });
    outbox.append(message('x'));
    await settle(() => outbox.state().events === 0);
    expect(outbox.isBuffering).toBe(false);
  });

  test('waits 5 s for a sink that does not answer, which is offered nothing before it has', async () => {
    let answer: () => void = () => undefined;
    const sink = new StartSink(() => new Promise((resolve) => (answer = resolve)));
    const { outbox, clock, log } = create([{ sink, required: true }]);
    const starting = outbox.start();
    await settle(() => clock.waiting === 1);
    clock.advance(5_000);
    await starting;
    expect(log.events).toEqual(['sink.away']);
    outbox.append(message('x'));
    await new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)));
    expect(sink.offered).toHaveLength(0);
    answer();
    await settle(() => outbox.state().events === 0);
  });

  test('ends at once when it is hurried: a stop does not hang on it', async () => {
    const sink = new StartSink(() => new Promise(() => undefined));
    const { outbox, clock } = create([{ sink, required: true }]);
    const starting = outbox.start();
    await settle(() => clock.waiting === 1);
    outbox.hurryStart();
    await starting;
    expect(await outbox.stop(0)).toBe(0);
  });
});

describe('a gate', () => {
  test('holds an event and all behind it until it is released', async () => {
    let [heldFrom, release]: [number, () => void] = [2, () => undefined];
    const gate = { heldFrom: () => heldFrom, onRelease: (listener: () => void) => (release = listener) };
    const sink = new ScriptedSink('s');
    const { outbox } = create([{ sink, required: true }], { gate });
    await outbox.start();
    for (const each of ['a', 'b', 'c']) outbox.append(message(each));
    await settle(() => outbox.acknowledgedThrough === 1);
    expect(sink.taken).toHaveLength(1);
    heldFrom = Infinity;
    release();
    await sink.until(() => sink.taken.length === 3);
  });

  test('tells what every required sink has acknowledged, whatever the others do', async () => {
    const optional = new ScriptedSink('optional', [REJECT]);
    const sinks = [
      { sink: new ScriptedSink('required'), required: true },
      { sink: optional, required: false },
    ];
    const { outbox } = create(sinks);
    const told: number[] = [];
    outbox.onAcknowledged((through) => told.push(through));
    await outbox.start();
    for (const each of ['a', 'b']) outbox.append(message(each));
    await settle(() => outbox.acknowledgedThrough === 2);
    expect(told).toEqual([2]);
    expect(outbox.state()).toMatchObject({ events: 2, sinks: [{ waiting: 0 }, { waiting: 2 }] });
  });
});

test('the age of the oldest waiting event is told', async () => {
  const { outbox, clock } = create([
    {
      sink: new ScriptedSink(
        's',
        Array.from({ length: 9 }, () => REJECT),
      ),
      required: true,
    },
  ]);
  await outbox.start();
  clock.advance(10_000);
  outbox.append(message('x'));
  await settle(() => clock.waiting === 1);
  clock.advance(50);
  outbox.append(message('y'));
  expect(outbox.state().sinks[0]?.oldestMs).toBe(50);
});
