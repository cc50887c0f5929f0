import { expect, it, onTestFinished } from 'vitest';
import type { GatewayEvent } from '../../../src/gateway/event/gateway-event.js';
import type { EventSink, SinkReceipt } from '../../../src/gateway/sinks/event-sink.js';
import { ManualClock } from '../../support/manual-clock.js';
import { settle } from '../../support/settle.js';
import { testOutbox } from '../../support/test-outbox.js';

/** Fires each timer half a millisecond early, as Node may: its timers count whole milliseconds. */
class EarlyClock extends ManualClock {
  override schedule(run: () => void, delayMs: number): () => void {
    return super.schedule(run, Math.max(0, delayMs - 0.5));
  }
}

/** Delivers each event to the destination in its tags. */
class TwoPlacesSink implements EventSink {
  readonly name = 'two';
  away: string | undefined = 'b';

  async start(): Promise<void> {}

  destinationOf({ tags }: GatewayEvent): string {
    return tags;
  }

  async deliver(batch: readonly GatewayEvent[]): Promise<SinkReceipt> {
    const failed = batch.filter(({ tags }) => tags === this.away);
    const failure = { blames: 'destination', reason: 'b is away.' } as const;
    return { settled: batch.length, refused: [], failed: failed.map((event) => ({ event, failure })) };
  }

  async stop(): Promise<void> {}
}

it('an event aside is tried again although its timer fires early and no other event arrives', async () => {
  const [clock, sink] = [new EarlyClock(), new TwoPlacesSink()];
  const outbox = testOutbox([sink], { clock });
  onTestFinished(async () => void (await outbox.stop(0)));
  await outbox.start();
  for (const tags of ['a', 'b'])
    outbox.append({ connection: tags, action: 'message', type: 'text', tags, message: Buffer.from('x') });
  await settle(() => outbox.state().sinks[0]?.aside.events === 1);
  await new Promise<void>((resolve) => setImmediate(resolve));
  sink.away = undefined;
  for (let step = 0; step < 400 && outbox.state().events > 0; step++) {
    clock.advance(0.5);
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  expect(outbox.state().events).toBe(0);
});
