import { afterEach } from 'vitest';
import { systemClock } from '../../../src/core/clock.js';
import { WebhookSink } from '../../../src/gateway/sink/webhook-sink.js';
import { receivedFromJson } from '../../support/received-event.js';
import { webhookConfig } from '../../support/webhook-config.js';
import { WebhookReceiver, type WebhookAnswering } from '../../support/webhook-receiver.js';
import { describeVerdicts } from './verdict-suite.js';

let receiver: WebhookReceiver;

afterEach(() => receiver.stop());

const fine: WebhookAnswering = (_, response) => void response.end();
const answer =
  (status: number): WebhookAnswering =>
  (_, response) =>
    void response.writeHead(status).end();
const cut: WebhookAnswering = (_, response) => void response.destroy();

async function begin(answering = fine): Promise<WebhookSink> {
  receiver = await WebhookReceiver.start();
  receiver.answering = answering;
  return new WebhookSink(webhookConfig(receiver.url), systemClock);
}

async function answerWith(answering: WebhookAnswering): Promise<void> {
  receiver.answering = answering;
}

const received = () => Promise.resolve(receiver.taken.map(receivedFromJson));

const ANSWERS: readonly (readonly [string, WebhookAnswering])[] = [
  ...[301, 400, 401, 403, 404, 405, 410, 413, 422, 500, 503].map((status) => [String(status), answer(status)] as const),
  ['cut connections', cut],
];

describeVerdicts(
  'webhook',
  ANSWERS.map(([name, wrong]) => ({
    name: `a moment of ${name} for all`,
    begin: () => begin(),
    goWrong: () => answerWith(wrong),
    comeRight: () => answerWith(fine),
    received,
  })),
  [403, 422, 500, 'a cut connection'].map((how) => ({
    name: `an event that gets ${how} each time`,
    begin: () =>
      begin((request, response) => {
        const isPoison = request.body.includes('poison');
        const wrong = typeof how === 'number' ? answer(how) : cut;
        (isPoison ? wrong : fine)(request, response);
      }),
    message: Buffer.from('poison'),
    received,
  })),
);
