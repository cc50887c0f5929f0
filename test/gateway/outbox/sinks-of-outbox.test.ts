import { describe, expect, it } from 'vitest';
import { WsgError } from '../../../src/core/error.js';
import type { NewEvent } from '../../../src/gateway/outbox/outbox.js';
import type { GatewayEvent } from '../../../src/gateway/event/gateway-event.js';
import { REJECT, ScriptedSink } from '../../support/scripted-sink.js';
import { settle } from '../../support/settle.js';
import { manualOutbox } from '../../support/test-outbox.js';

function message(text: string): NewEvent {
  return { connection: 'c1', action: 'message', type: 'text', tags: 'a=b', message: Buffer.from(text) };
}

function text({ message: bytes }: GatewayEvent): string {
  return Buffer.from(bytes ?? []).toString();
}

describe('a sink that is not required', () => {
  const lanes = { suspectTries: 10, suspectAfterMs: Infinity, destinationWaitMs: Infinity };
  const config = { maxBytes: 100_000, maxEvents: 1_000_000, optionalMaxBytes: 20_000, lanes };

  it('misses the oldest events when too much waits for it, and holds up no other sink', async () => {
    const away = new ScriptedSink(
      'away',
      Array.from({ length: 50 }, () => REJECT),
    );
    const here = new ScriptedSink('here');
    const sinks = [
      { sink: away, required: false },
      { sink: here, required: true },
    ];
    const { outbox, clock, log } = manualOutbox(sinks, { config });
    await outbox.start();
    for (let number = 1; number <= 500; number++) {
      expect(outbox.append(message(`${number}`))).toBe(number);
      if (number % 20 === 0) await settle(() => outbox.state().sinks[1]?.waiting === 0);
    }
    expect(outbox.isFull).toBe(false);
    expect(here.taken).toHaveLength(500);
    expect(outbox.state().bytes).toBeLessThanOrEqual(22_000);
    expect(outbox.deliveredThrough).toBe(500);
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

  it('keeps to its limit in bytes when most events of a tick are accepted without a check', async () => {
    const away = new ScriptedSink('away', Array<typeof REJECT>(50).fill(REJECT));
    const sinks = [
      { sink: away, required: false },
      { sink: new ScriptedSink('here'), required: true },
    ];
    const larger = { ...config, maxBytes: 1_000_000, optionalMaxBytes: 200_000 };
    const { outbox, log } = manualOutbox(sinks, { config: larger });
    await outbox.start();
    for (let number = 1; number <= 2_000; number++) {
      outbox.append(message('x'.repeat(100)));
      if (number % 200 === 0) await settle(() => outbox.state().sinks[1]?.waiting === 0);
    }
    expect(log.events).toContain('sink.cut-off');
    expect(outbox.state().bytes).toBeLessThanOrEqual(210_000);
  });

  it('misses nothing while it is only slower', async () => {
    const slow = new ScriptedSink('slow', [REJECT, REJECT]);
    const { outbox, clock } = manualOutbox([{ sink: slow, required: false }], { config });
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
    readonly #begin: () => Promise<void>;

    constructor(begin: () => Promise<void>) {
      super('begins');
      this.#begin = begin;
    }

    override start(): Promise<void> {
      return this.#begin();
    }
  }

  it('fails when a sink refuses, required or not', async () => {
    const refusal = new WsgError('sink.refused', 'The password is wrong.');
    const sink = new StartSink(() => Promise.reject(refusal));
    await expect(manualOutbox([{ sink, required: false }]).outbox.start()).rejects.toBe(refusal);
  });

  it('succeeds when a sink is unavailable, which is logged and gets the accepted events later', async () => {
    const sink = new StartSink(() => Promise.reject(new Error('nobody listens')));
    const { outbox, log } = manualOutbox([{ sink, required: true }]);
    await outbox.start();
    expect(outbox.isBuffering).toBe(true);
    expect(log.lines[0]).toMatchObject({ event: 'sink.away', fields: { reason: 'nobody listens' } });
    outbox.append(message('x'));
    await settle(() => outbox.state().events === 0);
    expect(outbox.isBuffering).toBe(false);
  });

  it('waits 5 s for a sink that does not answer, and offers it nothing before it does', async () => {
    let answer: () => void = () => undefined;
    const sink = new StartSink(() => new Promise((resolve) => (answer = resolve)));
    const { outbox, clock, log } = manualOutbox([{ sink, required: true }]);
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

  it('counts a sink that refuses after these 5 s as unavailable, and delivers once it accepts', async () => {
    let refuse: (error: Error) => void = () => undefined;
    const sink = new StartSink(() => new Promise((_, reject) => (refuse = reject)));
    const { outbox, clock, log } = manualOutbox([{ sink, required: true }]);
    const starting = outbox.start();
    await settle(() => clock.waiting === 1);
    clock.advance(5_000);
    await starting;
    outbox.append(message('x'));
    refuse(new WsgError('sink.refused', 'The password is wrong.'));
    await settle(() => outbox.state().events === 0);
    expect(log.lines.at(-2)).toMatchObject({ event: 'sink.away', fields: { reason: 'The password is wrong.' } });
  });

  it('ends at once when hurried, so that a stop does not wait for it', async () => {
    const sink = new StartSink(() => new Promise(() => undefined));
    const { outbox, clock } = manualOutbox([{ sink, required: true }]);
    const starting = outbox.start();
    await settle(() => clock.waiting === 1);
    outbox.hurryStart();
    await starting;
    expect(await outbox.stop(0)).toBe(0);
  });
});

describe('a gate', () => {
  it('holds an event and all later ones until the hold is lifted', async () => {
    let [heldFrom, release]: [number, () => void] = [2, () => undefined];
    const gate = { heldFrom: () => heldFrom, onHoldLifted: (listener: () => void) => (release = listener) };
    const sink = new ScriptedSink('s');
    const { outbox } = manualOutbox([{ sink, required: true }], { gate });
    await outbox.start();
    for (const each of ['a', 'b', 'c']) outbox.append(message(each));
    await settle(() => outbox.deliveredThrough === 1);
    expect(sink.taken).toHaveLength(1);
    heldFrom = Infinity;
    release();
    await sink.until(() => sink.taken.length === 3);
  });

  it('reports what is delivered to every required sink, regardless of the others', async () => {
    const optional = new ScriptedSink('optional', [REJECT]);
    const sinks = [
      { sink: new ScriptedSink('required'), required: true },
      { sink: optional, required: false },
    ];
    const { outbox } = manualOutbox(sinks);
    const told: number[] = [];
    outbox.onDelivered((through) => told.push(through));
    await outbox.start();
    for (const each of ['a', 'b']) outbox.append(message(each));
    await settle(() => outbox.deliveredThrough === 2);
    expect(told).toEqual([2]);
    expect(outbox.state()).toMatchObject({ events: 2, sinks: [{ waiting: 0 }, { waiting: 2 }] });
  });
});

it('reports the age of the oldest waiting event', async () => {
  const { outbox, clock } = manualOutbox([
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
  await settle(() => clock.waiting === 2);
  clock.advance(50);
  outbox.append(message('y'));
  expect(outbox.state().sinks[0]?.oldestMs).toBe(50);
});
