import { MemorySink } from '../../../src/gateway/sinks/memory/memory-sink.js';
import { WebhookSink } from '../../../src/gateway/sinks/webhook/webhook-sink.js';
import { ManualClock } from '../../support/manual-clock.js';
import { receivedFromJson, type ReceivedEvent } from '../../support/received-event.js';
import { TEST_BOOT } from '../../support/test-event.js';
import { webhookConfig } from '../../support/webhook-config.js';
import { WebhookReceiver } from '../../support/webhook-receiver.js';
import { sinkDeps } from '../../support/sink-deps.js';
import { describeSink } from './sink-suite.js';

/**
 * The sinks without an external service. Those of brokers are in `sink-conformance-*.slow.test.ts`.
 */
describeSink('memory', ['id', 'reason'], () => {
  const sink = new MemorySink({ boot: TEST_BOOT, clock: new ManualClock() });
  return Promise.resolve({ sink, received: (count) => Promise.resolve(readAll(sink, count)) });
});

describeSink('webhook', ['id', 'reason'], async () => {
  const receiver = await WebhookReceiver.start();
  return {
    sink: new WebhookSink(webhookConfig(receiver.url), sinkDeps()),
    received: () => Promise.resolve(receiver.taken.map(receivedFromJson)),
    dispose: () => receiver.stop(),
  };
});

function readAll(sink: MemorySink, count: number): readonly ReceivedEvent[] {
  const subscription = sink.subscribe('oldest', { grown: () => undefined, stopped: () => undefined });
  subscription.leave();
  return subscription.reader.read({ maxEvents: count, maxBytes: Number.MAX_SAFE_INTEGER }).events;
}
