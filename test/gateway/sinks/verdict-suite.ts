import { describe, expect, it, onTestFinished } from 'vitest';
import type { EventOutbox } from '../../../src/gateway/outbox/event-outbox.js';
import type { EventSink } from '../../../src/gateway/sinks/event-sink.js';
import { firstNumbers, NumberedTraffic, type DestinationOf } from '../../support/numbered-traffic.js';
import type { ReceivedEvent } from '../../support/received-event.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { settle } from '../../support/settle.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { testOutbox } from '../../support/test-outbox.js';

/** A temporary failure of a backend. */
export interface Moment {
  readonly name: string;
  /** Prepares the backend, and creates the sink. */
  begin(): Promise<EventSink>;
  goWrong(): Promise<void>;
  comeRight(): Promise<void>;
  received(count: number): Promise<readonly ReceivedEvent[]>;
  readonly destinationOf?: DestinationOf;
  /** One destination of several fails: the sink stays up. */
  readonly isOneOfSeveral?: boolean;
}

/** A backend that never takes one particular message. */
export interface Poison {
  readonly name: string;
  begin(): Promise<EventSink>;
  readonly message: Buffer;
  received(count: number): Promise<readonly ReceivedEvent[]>;
}

const TIME = { timeout: 180_000 };
/**
 * Longer than any temporary failure of these tests on a busy machine. Events that fail longer are
 * given up.
 */
const LONGER_THAN_A_MOMENT_MS = 120_000;

/** The behaviour of every sink during temporary failures and with events that always fail. */
export function describeVerdicts(name: string, moments: readonly Moment[], poisons: readonly Poison[]): void {
  describe(`the ${name} sink`, () => {
    it.each(moments)('loses nothing, and keeps the order, during $name', TIME, async (moment) => {
      const rig = await started(await moment.begin(), moment.destinationOf, LONGER_THAN_A_MOMENT_MS);
      const { traffic, outbox, log, state } = rig;
      await traffic.send(10);
      await settle(() => state().waiting === 0);
      await Promise.all([moment.goWrong(), traffic.send(10)]);
      // The batch in flight at the failure may be taken in part. The other events then wait aside
      // before the sink counts as away.
      const told = ['sink.event-aside', ...(moment.isOneOfSeveral === true ? [] : ['sink.away'])];
      while (!told.some((event) => log.events.includes(event))) await traffic.send(1);
      await traffic.send(10);
      if (moment.isOneOfSeveral === true) await rig.until(() => state().status === 'up' && state().aside.events > 0);
      await moment.comeRight();
      await traffic.send(10);
      await rig.until(() => outbox.state().events === 0);
      expect(state()).toMatchObject({ refused: 0, status: 'up', aside: { events: 0 } });
      expect(firstNumbers(await moment.received(traffic.count))).toEqual(traffic.expected);
    });

    it.each(poisons)('gives up $name alone, and keeps the order of the others', TIME, async (poison) => {
      const rig = await started(await poison.begin());
      const { traffic, outbox, state } = rig;
      await traffic.send(10);
      traffic.say(3, poison.message);
      await traffic.send(10);
      traffic.say(4, poison.message);
      await traffic.send(10);
      while (state().refused < 2) await traffic.send(1);
      await rig.until(() => outbox.state().events === 0);
      expect(state()).toMatchObject({ refused: 2, status: 'up' });
      expect(firstNumbers(await poison.received(traffic.count))).toEqual(traffic.expected);
    });
  });
}

async function started(sink: EventSink, destinationOf?: DestinationOf, suspectAfterMs = 500) {
  const log = new RecordingLogger();
  const lanes = { suspectTries: 3, suspectAfterMs, destinationWaitMs: 60_000 };
  const outbox: EventOutbox = testOutbox([sink], { log, config: { lanes, deadLetterDir: await temporaryFolder() } });
  onTestFinished(async () => void (await outbox.stop(1_000)));
  await outbox.start();
  const state = () => {
    const [only] = outbox.state().sinks;
    if (only === undefined) throw new Error('There is one sink.');
    return only;
  };
  /** Longer than `settle` waits: a sink that was away is tried again after up to 5 s. */
  const until = async (isReached: () => boolean) => {
    while (!isReached()) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  return { outbox, log, state, until, traffic: new NumberedTraffic(outbox, destinationOf) };
}
