import { afterAll, beforeAll } from 'vitest';
import { WebhookSink } from '../../../src/gateway/sinks/webhook/webhook-sink.js';
import { receivedFromJson } from '../../support/received-event.js';
import { webhookConfig } from '../../support/webhook-config.js';
import { WebhookReceiver } from '../../support/webhook-receiver.js';
import { sinkDeps } from '../../support/sink-deps.js';
import { describeBroker } from './broker-suite.js';

let receiver: WebhookReceiver;

beforeAll(async () => {
  receiver = await WebhookReceiver.start();
});

afterAll(async () => {
  await receiver.stop();
});

describeBroker('webhook', () => ({
  port: receiver.port,
  kill: () => receiver.stop(),
  start: () => receiver.start(),
  createSink: (port) => {
    receiver.taken.length = 0;
    return new WebhookSink(webhookConfig(receiver.url.replace(String(receiver.port), String(port))), sinkDeps());
  },
  received: () => Promise.resolve(receiver.taken.map(receivedFromJson)),
}));
