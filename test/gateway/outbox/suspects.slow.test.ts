import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { GatewayEvent } from '../../../src/gateway/event/gateway-event.js';
import type { NewEvent } from '../../../src/gateway/outbox/outbox.js';
import {
  DeliveryError,
  type Blame,
  type EventSink,
  type FailedEvent,
  type SinkReceipt,
} from '../../../src/gateway/sinks/event-sink.js';
import { settle } from '../../support/settle.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { manualOutbox } from '../../support/test-outbox.js';

/** Reason why a sink fails an event; undefined when it accepts it. */
type Answering = (event: GatewayEvent) => Blame | 'throws' | undefined;

/** Fails a batch as a whole if any event of it fails, like a receiver of whole requests. */
class WholeSink implements EventSink {
  readonly name = 'whole';
  readonly taken: string[] = [];
  offers = 0;

  constructor(public answering: Answering) {}

  async start(): Promise<void> {}

  async deliver(batch: readonly GatewayEvent[]): Promise<SinkReceipt> {
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.offers++;
    for (const event of batch) {
      const blames = this.answering(event);
      if (blames === 'throws') throw new TypeError('Invalid string length');
      if (blames !== undefined) throw new DeliveryError(blames, `It answered ${blames}.`);
    }
    this.taken.push(...batch.map(text));
    return { settled: batch.length, refused: [] };
  }

  async stop(): Promise<void> {}
}

/** Delivers each event to the destination in its tags, with an answer for each. */
class ScatteringSink extends WholeSink {
  destinationOf({ tags }: GatewayEvent): string {
    return tags;
  }

  override async deliver(batch: readonly GatewayEvent[]): Promise<SinkReceipt> {
    await new Promise<void>((resolve) => setImmediate(resolve));
    const failed: FailedEvent[] = [];
    for (const event of batch) {
      const isTaken = this.answering(event) === undefined;
      if (isTaken) this.taken.push(text(event));
      else failed.push({ event, failure: { blames: 'destination', reason: `${event.tags} is away.` } });
    }
    return { settled: batch.length, refused: [], failed };
  }
}

function text({ connection, message }: GatewayEvent): string {
  return `${connection}:${Buffer.from(message ?? []).toString()}`;
}

function message(connection: string, text: string, tags = ''): NewEvent {
  return { connection, action: 'message', type: 'text', tags, message: Buffer.from(text) };
}

async function started(sink: EventSink, config: Parameters<typeof manualOutbox>[1] = {}) {
  const deadLetterDir = await temporaryFolder();
  const rig = manualOutbox([{ sink, required: true }], { ...config, config: { deadLetterDir, ...config.config } });
  await rig.outbox.start();
  const letters = async () => {
    const lines = await readFile(join(deadLetterDir, `${sink.name}.jsonl`), 'utf8').catch(() => '');
    return lines.split('\n').filter((line) => line !== '').length;
  };
  /** Lets time pass until the condition holds. */
  const pass = (isReached: () => boolean, stepMs = 500) =>
    settle(() => {
      if (!isReached()) rig.clock.advance(stepMs);
      return isReached();
    });
  const refused = () => rig.outbox.state().sinks[0]?.refused ?? 0;
  const isEmpty = () => rig.outbox.state().events === 0;
  return { ...rig, letters, pass, refused, isEmpty };
}

/** 300 messages of a number of connections, poisonous at the given positions. */
function append(rig: { outbox: { append(event: NewEvent): number } }, connections: number, poison: readonly number[]) {
  const good: string[] = [];
  for (let number = 1; number <= 300; number++) {
    const connection = `c${number % connections}`;
    const isPoison = poison.includes(number);
    rig.outbox.append(message(connection, `${isPoison ? 'poison' : ''}${number}`));
    if (!isPoison) good.push(`${connection}:${number}`);
  }
  return good;
}

function byConnection(texts: readonly string[]): Record<string, string[]> {
  const groups: Record<string, string[]> = {};
  for (const each of new Set(texts)) (groups[each.split(':')[0] ?? ''] ??= []).push(each);
  return groups;
}

const isPoison = (event: GatewayEvent) => text(event).includes('poison');

describe('an event that always fails while others are delivered', () => {
  it.each([
    ['attempt', 10, [150]],
    ['attempt', 10, [1]],
    ['attempt', 10, [150, 151, 152]],
    ['attempt', 1, [150]],
    ['attempt', 1, [1]],
    ['event', 10, [150, 151]],
    ['event', 1, [150]],
    ['event', 1, [1]],
    ['event', 1, [300]],
    ['throws', 10, [7, 250]],
  ] as const)('goes alone to the dead letters: %s, %i connections, places %j', async (blame, connections, poison) => {
    const sink = new WholeSink((event) => (isPoison(event) ? blame : undefined));
    const rig = await started(sink);
    const good = append(rig, connections, poison);
    await rig.pass(() => rig.refused() === poison.length && rig.isEmpty());
    expect(byConnection(sink.taken)).toEqual(byConnection(good));
    expect(await rig.letters()).toBe(poison.length);
    expect(rig.outbox.state().sinks[0]?.aside).toMatchObject({ events: 0, destinations: 0 });
  });

  it('does not hold up other connections', async () => {
    const sink = new WholeSink((event) => (isPoison(event) ? 'attempt' : undefined));
    const rig = await started(sink);
    const good = append(rig, 10, [150]).filter((each) => !each.startsWith('c0:') || Number(each.slice(3)) < 150);
    await rig.pass(() => new Set(sink.taken).size === good.length, 50);
    expect(rig.clock.now()).toBeLessThan(30_000);
    expect(rig.refused()).toBe(0);
    expect(rig.outbox.state().sinks[0]).toMatchObject({ status: 'up', aside: { events: 16 } });
    expect(rig.log.events).toContain('sink.event-aside');
  });

  it('holds the delivered position before it, and events that pass it are delivered once', async () => {
    const sink = new WholeSink((event) => (isPoison(event) ? 'attempt' : undefined));
    const rig = await started(sink);
    const good = append(rig, 10, [150]).filter((each) => !each.startsWith('c0:') || Number(each.slice(3)) < 150);
    await rig.pass(() => sink.taken.includes('c9:299'), 50);
    expect(sink.taken.toSorted()).toEqual(good.toSorted());
    expect(rig.outbox.deliveredThrough).toBe(149);
  });

  it('is delivered in order when the sink finally accepts it', async () => {
    let isHealed = false;
    const sink = new WholeSink((event) => (isPoison(event) && !isHealed ? 'attempt' : undefined));
    const rig = await started(sink);
    append(rig, 10, [150]);
    await rig.pass(() => (rig.outbox.state().sinks[0]?.aside.events ?? 0) > 0);
    isHealed = true;
    await rig.pass(rig.isEmpty);
    expect(rig.refused()).toBe(0);
    expect(byConnection(sink.taken)['c0']).toEqual(
      Array.from({ length: 30 }, (_, index) => (index === 14 ? 'c0:poison150' : `c0:${10 * (index + 1)}`)),
    );
  });
});

it('an event that fails while nothing else waits is kept until another one is delivered', async () => {
  const sink = new WholeSink((event) => (isPoison(event) ? 'attempt' : undefined));
  const rig = await started(sink);
  append(rig, 10, [300]);
  await rig.pass(() => rig.clock.now() > 3_600_000, 2_500);
  const [alone] = rig.outbox.state().sinks;
  expect(alone).toMatchObject({ status: 'away', refused: 0, waiting: 1, unjudged: '00af-1700000000000-300' });
  expect(rig.log.events.filter((event) => event === 'sink.event-unjudged')).toHaveLength(1);
  rig.outbox.append(message('c1', 'later'));
  await rig.pass(() => sink.taken.at(-1) === 'c1:later');
  expect(rig.outbox.state().sinks[0]?.unjudged).toBeUndefined();
  await rig.pass(() => rig.refused() === 1 && rig.isEmpty());
});

describe('a sink that accepts nothing', () => {
  it.each(['attempt', 'event', 'sink', 'destination', 'throws'] as const)(
    'loses nothing over an hour if it blames: %s',
    async (blame) => {
      let isAway = true;
      const sink = new WholeSink(() => (isAway ? blame : undefined));
      const rig = await started(sink);
      const good = append(rig, 10, []);
      await rig.pass(() => rig.clock.now() > 3_600_000, 2_500);
      expect(rig.outbox.state().sinks[0]).toMatchObject({ status: 'away', refused: 0, waiting: 300 });
      expect(sink.offers).toBeLessThan(3_000);
      isAway = false;
      await rig.pass(rig.isEmpty);
      expect(byConnection(sink.taken)).toEqual(byConnection(good));
      expect(rig.refused()).toBe(0);
    },
  );

  it('loses nothing if that begins while an event waits aside', async () => {
    let isAway = false;
    const sink = new WholeSink((event) => (isAway || isPoison(event) ? 'attempt' : undefined));
    const rig = await started(sink);
    append(rig, 10, [150]);
    await rig.pass(() => (rig.outbox.state().sinks[0]?.aside.events ?? 0) > 0);
    isAway = true;
    rig.outbox.append(message('c1', 'later'));
    await rig.pass(() => rig.clock.now() > 3_600_000, 2_500);
    expect(rig.refused()).toBe(0);
    expect(rig.outbox.state().sinks[0]?.status).toBe('away');
  });
});

describe('an unavailable destination', () => {
  it('holds up only its own events and their connections, in order', async () => {
    let isAway = true;
    const sink = new ScatteringSink(({ tags }) => (isAway && tags === 'b' ? 'destination' : undefined));
    const rig = await started(sink);
    const good: string[] = [];
    for (let number = 1; number <= 300; number++) {
      const connection = `c${number % 10}`;
      rig.outbox.append(message(connection, `${number}`, number % 10 < 3 ? 'b' : 'a'));
      good.push(`${connection}:${number}`);
    }
    await rig.pass(() => sink.taken.length === 210);
    expect(rig.outbox.state().sinks[0]).toMatchObject({
      status: 'up',
      refused: 0,
      aside: { events: 90, destinations: 1, reason: 'b is away.' },
    });
    isAway = false;
    await rig.pass(rig.isEmpty);
    expect(byConnection(sink.taken)).toEqual(byConnection(good));
    expect(rig.refused()).toBe(0);
  });

  it('gives up its events after their time if others are delivered', async () => {
    const sink = new ScatteringSink(({ tags }) => (tags === 'b' ? 'destination' : undefined));
    const rig = await started(sink);
    for (let number = 1; number <= 20; number++) rig.outbox.append(message(`c${number}`, 'x', number % 2 ? 'a' : 'b'));
    await rig.pass(() => rig.clock.now() > 2_000_000, 2_500);
    expect(rig.refused()).toBe(0);
    rig.outbox.append(message('c1', 'y', 'a'));
    await rig.pass(() => rig.refused() === 10 && rig.isEmpty());
    expect(await rig.letters()).toBe(10);
  });

  it('gives up the oldest event above the limit, and stays within the bound', async () => {
    const sink = new ScatteringSink(({ tags }) => (tags === 'b' ? 'destination' : undefined));
    const rig = await started(sink, { config: { maxEvents: 1_000 } });
    for (let round = 0; round < 100; round++) {
      for (let number = 0; number < 10; number++) rig.outbox.append(message(`c${number}`, 'x', number < 5 ? 'a' : 'b'));
      await rig.pass(() => (rig.outbox.state().sinks[0]?.aside.events ?? 0) === rig.outbox.state().events);
      rig.clock.advance(1_000);
    }
    expect(rig.outbox.state().events).toBeLessThanOrEqual(260);
    expect(rig.refused()).toBeGreaterThanOrEqual(240);
    expect(sink.taken).toHaveLength(500);
    expect(rig.outbox.isFull).toBe(false);
  });

  it('counts as an unavailable sink when no other destination accepts anything', async () => {
    let isAway = true;
    const sink = new ScatteringSink(() => (isAway ? 'destination' : undefined));
    const rig = await started(sink);
    for (let number = 1; number <= 20; number++) rig.outbox.append(message(`c${number}`, 'x', `d${number}`));
    await rig.pass(() => rig.clock.now() > 3_600_000, 2_500);
    expect(rig.outbox.state().sinks[0]).toMatchObject({ status: 'away', refused: 0, aside: { events: 0 } });
    isAway = false;
    await rig.pass(rig.isEmpty);
    expect(rig.refused()).toBe(0);
  });
});

it('a sink that does not answer counts as unavailable after a time, with the reason that it gave', async () => {
  class SilentSink extends WholeSink {
    readonly hindrance = 'the broker is low on memory';
    answer: () => void = () => undefined;

    override async deliver(batch: readonly GatewayEvent[]): Promise<SinkReceipt> {
      await new Promise<void>((resolve) => (this.answer = resolve));
      return { settled: batch.length, refused: [] };
    }
  }
  const sink = new SilentSink(() => undefined);
  const { outbox, clock, log } = await started(sink);
  outbox.append(message('c1', 'x'));
  await settle(() => clock.waiting === 1);
  clock.advance(29_999);
  expect(outbox.state().sinks[0]?.status).toBe('up');
  clock.advance(1);
  const reason = 'It has not answered for 30 s: the broker is low on memory.';
  expect(outbox.state().sinks[0]).toMatchObject({ status: 'away', reason });
  expect(outbox.isBuffering).toBe(true);
  expect(log.lines.at(-1)).toMatchObject({ event: 'sink.away', fields: { reason } });
  sink.answer();
  await settle(() => outbox.state().events === 0);
  expect(outbox.state().sinks[0]?.status).toBe('up');
});
