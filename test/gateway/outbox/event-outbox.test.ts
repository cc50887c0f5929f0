import { afterEach, describe, expect, it } from 'vitest';
import { eventBytes } from '../../../src/gateway/event/gateway-event.js';
import type { EventOutbox } from '../../../src/gateway/outbox/event-outbox.js';
import type { OutboxConfig } from '../../../src/gateway/config/outbox-config.js';
import type { QueueLimits } from '../../../src/gateway/event/event-queue.js';
import { NEVER_FITS, type NewEvent } from '../../../src/gateway/outbox/outbox.js';
import { ManualClock } from '../../support/manual-clock.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { REJECT, ScriptedSink } from '../../support/scripted-sink.js';
import { settle } from '../../support/settle.js';
import { testOutbox } from '../../support/test-outbox.js';

const LARGE = 1024 * 1024 * 1024;
const stops: (() => Promise<number>)[] = [];

afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

function message(text: string, connection = 'c1'): NewEvent {
  return { connection, action: 'message', type: 'text', tags: '', message: Buffer.from(text) };
}

function opened(connection = 'c1'): NewEvent {
  return { connection, action: 'open', tags: '' };
}

function closed(connection = 'c1'): NewEvent {
  return { connection, action: 'close', tags: '' };
}

function create(sinks: readonly ScriptedSink[], options: { limits?: Partial<OutboxConfig>; batch?: QueueLimits } = {}) {
  const clock = new ManualClock();
  const log = new RecordingLogger();
  const outbox = testOutbox(sinks, {
    clock,
    log,
    config: options.limits ?? {},
    ...(options.batch && { batch: options.batch }),
  });
  stops.push(() => outbox.stop(0));
  return { outbox, clock, log };
}

/** Appends messages until one is refused. Returns the number of accepted ones. */
function fill(outbox: EventOutbox): number {
  let accepted = 0;
  while (outbox.append(message('x')) > 0) accepted++;
  return accepted;
}

describe('an outbox in memory', () => {
  it('gives each event the next sequence and the id of this boot', async () => {
    const sink = new ScriptedSink('s');
    const { outbox } = create([sink]);
    await outbox.start();
    for (const text of ['a', 'b', 'c']) outbox.append(message(text));
    await sink.until(() => sink.taken.length === 3);
    expect(sink.taken.map((event) => [event.id, event.sequence, Buffer.from(event.message ?? []).toString()])).toEqual([
      ['00af-1700000000000-1', 1, 'a'],
      ['00af-1700000000000-2', 2, 'b'],
      ['00af-1700000000000-3', 3, 'c'],
    ]);
  });

  it.each([
    ['events', { maxEvents: 10, maxBytes: LARGE }],
    ['bytes', { maxEvents: LARGE, maxBytes: 10 * 256 }],
  ])(
    'takes messages again after any number of connections has opened: their reserve leaves room (%s)',
    async (_, limits) => {
      const sink = new ScriptedSink('s');
      const { outbox } = create([sink], { limits });
      await outbox.start();
      let accepted = 0;
      for (let connection = 0; connection < 20; connection++) {
        if (outbox.append(opened(`c${connection}`)) > 0) accepted++;
        await settle(() => outbox.state().events === 0);
      }
      expect(accepted).toBeGreaterThan(1);
      expect(outbox.isFull).toBe(false);
      expect(outbox.append(message('x'))).toBeGreaterThan(0);
    },
  );

  it('delivers the events of one tick in one batch', async () => {
    const sink = new ScriptedSink('s');
    const { outbox } = create([sink]);
    await outbox.start();
    for (let i = 0; i < 10; i++) outbox.append(message('x'));
    await sink.until(() => sink.taken.length === 10);
    expect(sink.offered).toHaveLength(1);
  });

  it('keeps batches within their limits', async () => {
    const sink = new ScriptedSink('s');
    const { outbox } = create([sink], { batch: { maxEvents: 4, maxBytes: LARGE } });
    for (let i = 0; i < 10; i++) outbox.append(message('x'));
    await outbox.start();
    await sink.until(() => sink.taken.length === 10);
    expect(sink.offered.map((batch) => batch.length)).toEqual([4, 4, 2]);
    expect(sink.mostBusy).toBe(1);
  });

  it('delivers events that were appended before the start', async () => {
    const sink = new ScriptedSink('s');
    const { outbox } = create([sink]);
    outbox.append(message('early'));
    await outbox.start();
    await sink.until(() => sink.taken.length === 1);
    expect(sink.started).toBe(1);
  });

  it('offers a rejected batch again only after a growing pause', async () => {
    const sink = new ScriptedSink('s', [REJECT, REJECT]);
    const { outbox, clock } = create([sink]);
    await outbox.start();
    outbox.append(message('x'));
    for (const [tries, pauseMs] of [
      [1, 100],
      [2, 200],
    ] as const) {
      await settle(() => clock.waiting === 2);
      expect(sink.offered).toHaveLength(tries);
      clock.advance(pauseMs - 1);
      expect(clock.waiting).toBe(2);
      clock.advance(1);
    }
    await sink.until(() => sink.taken.length === 1);
    expect(sink.offered).toHaveLength(3);
  });

  it('logs once that a sink is unavailable and once that it is back', async () => {
    const sink = new ScriptedSink('s', [REJECT, REJECT, REJECT]);
    const { outbox, clock, log } = create([sink]);
    await outbox.start();
    outbox.append(message('x'));
    await settle(() => {
      clock.advance(5_000);
      return outbox.state().events === 0;
    });
    expect(log.events).toEqual(['sink.away', 'sink.back']);
    expect(log.lines[0]?.fields).toMatchObject({ sink: 's', reason: 'The sink was told to reject.' });
  });

  it('continues after the acknowledged part of a batch', async () => {
    const sink = new ScriptedSink('s', [{ takes: 2, rejects: false }]);
    const { outbox } = create([sink]);
    await outbox.start();
    for (let i = 0; i < 5; i++) outbox.append(message('x'));
    await sink.until(() => sink.taken.length === 5);
    expect(sink.taken.map((event) => event.sequence)).toEqual([1, 2, 3, 4, 5]);
  });

  it('does not hold a sink back because another is unavailable, and releases events only when both have them', async () => {
    const [away, here] = [new ScriptedSink('away', [REJECT]), new ScriptedSink('here')];
    const { outbox, clock } = create([away, here]);
    await outbox.start();
    for (let i = 0; i < 3; i++) outbox.append(message('x'));
    await settle(() => clock.waiting === 3 && outbox.state().sinks[1]?.waiting === 0);
    expect(here.taken).toHaveLength(3);
    expect(outbox.state()).toMatchObject({
      events: 3,
      sinks: [
        { name: 'away', status: 'away', waiting: 3 },
        { name: 'here', status: 'up', waiting: 0 },
      ],
    });
    clock.advance(100);
    await settle(() => outbox.state().events === 0);
    expect(outbox.state().bytes).toBe(0);
  });
});

describe('the bound of an outbox', () => {
  it('refuses messages, and reports that it is full before that', () => {
    const { outbox } = create([new ScriptedSink('s')], { limits: { maxEvents: 100, maxBytes: LARGE } });
    const changes: number[] = [];
    outbox.onFullChange(() => changes.push(outbox.state().events));
    const accepted = fill(outbox);
    expect(changes).toEqual([88]);
    expect(accepted).toBe(93);
    expect(outbox.state()).toMatchObject({ events: 93, full: true });
  });

  it('counts bytes as well as events', () => {
    const one = eventBytes(message('x'));
    const { outbox } = create([new ScriptedSink('s')], { limits: { maxEvents: LARGE, maxBytes: one * 100 } });
    fill(outbox);
    expect(outbox.state()).toMatchObject({ events: 93, bytes: one * 93, maxBytes: one * 100 });
  });

  it('accepts the close events of all open connections, even when full', () => {
    const { outbox } = create([new ScriptedSink('s')], { limits: { maxEvents: 100, maxBytes: LARGE } });
    for (let i = 0; i < 20; i++) expect(outbox.append(opened(`c${i}`))).toBeGreaterThan(0);
    fill(outbox);
    for (let i = 0; i < 20; i++) expect(outbox.append(closed(`c${i}`))).toBeGreaterThan(0);
    expect(outbox.state().events).toBeLessThanOrEqual(100);
  });

  it('accepts open events that were under way when messages no longer fit', () => {
    const { outbox } = create([new ScriptedSink('s')], { limits: { maxEvents: 100, maxBytes: LARGE } });
    fill(outbox);
    expect(outbox.append(opened('a'))).toBeGreaterThan(0);
    expect(outbox.append(opened('b'))).toBeGreaterThan(0);
    while (outbox.append(opened('more')) > 0) expect(outbox.state().events).toBeLessThan(100);
  });

  it('accepts a message larger than the whole bound when nothing else waits', () => {
    const { outbox } = create([new ScriptedSink('s')], { limits: { maxEvents: 100, maxBytes: 1024 } });
    expect(outbox.append(message('x'.repeat(2000)))).toBeGreaterThan(0);
    expect(outbox.state().full).toBe(true);
    expect(outbox.append(message('x'))).toBe(0);
  });

  it('is no longer full when half of it is delivered, and reports each change once', async () => {
    const sink = new ScriptedSink('s', [REJECT, { takes: 40, rejects: false }, { takes: 10, rejects: false }]);
    const { outbox, clock, log } = create([sink], { limits: { maxEvents: 100, maxBytes: LARGE } });
    const changes: [boolean, number][] = [];
    outbox.onFullChange((full) => changes.push([full, outbox.state().events]));
    await outbox.start();
    fill(outbox);
    await settle(() => clock.waiting === 2);
    expect(changes).toEqual([[true, 88]]);
    clock.advance(100);
    await settle(() => outbox.state().events === 0);
    expect(changes).toEqual([
      [true, 88],
      [false, 43],
    ]);
    expect(log.events).toEqual(['outbox.full', 'sink.away', 'sink.back', 'outbox.relieved']);
    expect(outbox.append(message('again'))).toBeGreaterThan(0);
  });
});

describe('an event of more than 1 GiB', () => {
  it('is not accepted, even below the bound, and leaves room for others', async () => {
    const { outbox } = create([new ScriptedSink('s')], { limits: { maxBytes: 2 ** 33 } });
    await outbox.start();
    expect(outbox.append(message('x'))).toBe(1);
    expect(outbox.append({ ...message(''), message: new Uint8Array(2 ** 30 + 1) })).toBe(NEVER_FITS);
    expect(outbox.isFull).toBe(false);
    expect(outbox.append(message('x'))).toBe(2);
  });
});

describe('stopping a memory outbox', () => {
  it('delivers what is left, stops the sinks and accepts nothing more', async () => {
    const sink = new ScriptedSink('s');
    const { outbox } = create([sink], { batch: { maxEvents: 2, maxBytes: LARGE } });
    await outbox.start();
    for (let i = 0; i < 5; i++) outbox.append(message('x'));
    expect(await outbox.stop(1_000)).toBe(0);
    expect(sink.taken).toHaveLength(5);
    expect(sink.stopped).toBe(1);
    expect(outbox.append(message('late'))).toBe(0);
  });

  it('does not wait for the pause of an unavailable sink', async () => {
    const sink = new ScriptedSink('s', [REJECT]);
    const { outbox, clock } = create([sink]);
    await outbox.start();
    outbox.append(message('x'));
    await settle(() => clock.waiting === 2);
    expect(await outbox.stop(1_000)).toBe(0);
    expect(sink.taken).toHaveLength(1);
  });

  it('gives up at the timeout and returns the number of events that are left', async () => {
    const sink = new ScriptedSink(
      's',
      Array.from({ length: 50 }, () => REJECT),
    );
    const { outbox, clock } = create([sink]);
    await outbox.start();
    for (let i = 0; i < 3; i++) outbox.append(message('x'));
    const left = outbox.stop(1_000);
    await settle(() => clock.waiting === 3);
    clock.advance(1_000);
    expect(await left).toBe(3);
    expect(sink.stopped).toBe(1);
  });

  it('twice stops once', async () => {
    const sink = new ScriptedSink('s');
    const { outbox } = create([sink]);
    await outbox.start();
    expect(await Promise.all([outbox.stop(0), outbox.stop(0)])).toEqual([0, 0]);
    expect(sink.stopped).toBe(1);
  });

  it('before the start stops the sinks as well', async () => {
    const sink = new ScriptedSink('s');
    const { outbox } = create([sink]);
    outbox.append(message('x'));
    expect(await outbox.stop(1_000)).toBe(1);
    expect(sink.stopped).toBe(1);
  });
});
