import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EventSink } from '../../../src/gateway/sinks/event-sink.js';
import type { EventOutbox } from '../../../src/gateway/outbox/event-outbox.js';
import type { ReceivedEvent } from '../../support/received-event.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { settle } from '../../support/settle.js';
import { TcpProxy } from '../../support/tcp-proxy.js';
import { testEvents } from '../../support/test-event.js';
import { testOutbox } from '../../support/test-outbox.js';

/** A broker that a test may crash, and a sink that reaches it through `port`. */
export interface BrokerUnderTest {
  readonly port: number;
  /** Ends the broker as a crash does. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** A sink with a destination of its own, which connects to `port`. */
  createSink(port: number): EventSink;
  /**
   * All events at the destination of the newest sink, in order, as soon as there are `count`
   * different ones.
   */
  received(count: number): Promise<readonly ReceivedEvent[]>;
}

const CONNECTIONS = 50;
const ROUNDS = 60;
/** Some brokers take seconds to restart, and more on a busy machine. */
const RESTART = { timeout: 60_000 };

/** The behaviour of every sink when its broker stops and restarts. */
export function describeBroker(name: string, getBroker: () => BrokerUnderTest): void {
  describe(`the ${name} sink, when its broker stops and restarts,`, () => {
    let proxy: TcpProxy;
    let sink: EventSink;

    beforeEach(async () => {
      proxy = await TcpProxy.start(getBroker().port);
      sink = getBroker().createSink(proxy.port);
    });

    afterEach(async () => {
      await sink.stop();
      await proxy.stop();
    });

    it('reconnects after the connection was cut', async () => {
      await sink.start();
      await sink.deliver(testEvents(1, 10));
      proxy.dropConnections();
      await untilDelivered(sink, 11, 20);
      expect(firstSequences(await getBroker().received(20))).toEqual(numbers(1, 20));
      expect(proxy.connections).toBe(2);
    });

    it('rejects without sink.refused at start while the broker is away, and delivers once it is up', async () => {
      await proxy.stop();
      await expect(sink.start()).rejects.not.toMatchObject({ code: 'sink.refused' });
      await expect(sink.deliver(testEvents(1, 3))).rejects.toBeInstanceOf(Error);
      await proxy.start();
      await untilDelivered(sink, 1, 3);
      expect(firstSequences(await getBroker().received(3))).toEqual([1, 2, 3]);
    });

    it('stops within its time limit while the broker is silent', async () => {
      await sink.start();
      await sink.deliver(testEvents(1, 1));
      proxy.silence();
      const delivering = sink.deliver(testEvents(2, 3)).then(
        () => 'delivered',
        () => 'given up',
      );
      await new Promise((resolve) => setImmediate(resolve));
      const before = performance.now();
      await sink.stop();
      expect(performance.now() - before).toBeLessThan(5_500);
      expect(await delivering).toBe('given up');
    });

    it('loses and reorders nothing when the broker is killed and restarted during traffic', RESTART, async () => {
      const broker = getBroker();
      const log = new RecordingLogger();
      const outbox = testOutbox([sink], { log });
      await outbox.start();
      await sendRounds(outbox, 1, ROUNDS / 3);
      await Promise.all([broker.kill(), sendRounds(outbox, ROUNDS / 3 + 1, (2 * ROUNDS) / 3)]);
      await settle(() => log.events.includes('sink.away'));
      await Promise.all([broker.start(), sendRounds(outbox, (2 * ROUNDS) / 3 + 1, ROUNDS)]);
      expect(await outbox.stop(30_000)).toBe(0);
      const events = await broker.received(CONNECTIONS * ROUNDS);
      expect(firstNumbersOfConnections(events)).toEqual(
        new Map(Array.from({ length: CONNECTIONS }, (_, index) => [`c${index}`, numbers(1, ROUNDS)])),
      );
    });
  });
}

/** Each connection sends its next number in each round; the event loop runs between rounds. */
async function sendRounds(outbox: EventOutbox, first: number, last: number): Promise<void> {
  for (const round of numbers(first, last)) {
    for (let index = 0; index < CONNECTIONS; index++) {
      const message = Buffer.from(String(round));
      outbox.append({ connection: `c${index}`, action: 'message', type: 'text', tags: '', message });
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Delivers as the outbox does: again until everything is settled. */
async function untilDelivered(sink: EventSink, first: number, last: number): Promise<void> {
  for (let tries = 0; first <= last && tries < 100; tries++) {
    const receipt = await sink.deliver(testEvents(first, last)).catch(() => undefined);
    if (receipt === undefined) await new Promise((resolve) => setTimeout(resolve, 100));
    else first += receipt.settled;
  }
}

function firstSequences(events: readonly ReceivedEvent[]): number[] {
  return [...new Set(events.map(({ id = '' }) => Number(id.split('-').at(-1))))];
}

/** The numbers of each connection, in the order of their first arrival. */
function firstNumbersOfConnections(events: readonly ReceivedEvent[]): Map<string, number[]> {
  const all = new Map<string, Set<number>>();
  for (const { connection = '', message } of events) {
    const seen = all.get(connection) ?? new Set();
    all.set(connection, seen.add(Number(Buffer.from(message ?? '').toString())));
  }
  return new Map([...all].map(([connection, seen]) => [connection, [...seen]]));
}

function numbers(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
