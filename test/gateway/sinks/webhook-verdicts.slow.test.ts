import { afterEach } from 'vitest';
import { WebhookSink } from '../../../src/gateway/sinks/webhook/webhook-sink.js';
import { receivedFromJson } from '../../support/received-event.js';
import { webhookConfig } from '../../support/webhook-config.js';
import { WebhookReceiver, type WebhookAnswering } from '../../support/webhook-receiver.js';
import { sinkDeps } from '../../support/sink-deps.js';
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
  return new WebhookSink(webhookConfig(receiver.url), sinkDeps());
}

async function answerWith(answering: WebhookAnswering): Promise<void> {
  receiver.answering = answering;
}

const received = () => Promise.resolve(receiver.taken.map(receivedFromJson));

const ANSWERS: readonly (readonly [string, WebhookAnswering])[] = [
  ...[301, 308, 400, 401, 403, 404, 405, 408, 410, 413, 415, 422, 425, 429, 431, 451, 500, 503].map(
    (status) => [String(status), answer(status)] as const,
  ),
  ['cut connections', cut],
  ['no HTTP at all', (_, response) => void response.socket?.end('SSH-2.0-OpenSSH_9.6\r\n')],
];

/** Answers with this status to every request with an event of one connection. */
const forOne =
  (connection: string, wrong: WebhookAnswering): WebhookAnswering =>
  (request, response) =>
    (request.events.some((event) => event['connection'] === connection) ? wrong : fine)(request, response);

describeVerdicts(
  'webhook',
  [
    ...ANSWERS.map(([name, wrong]) => ({
      name: `a moment of ${name} for all`,
      begin: () => begin(),
      goWrong: () => answerWith(wrong),
      comeRight: () => answerWith(fine),
      received,
    })),
    ...[429, 500].map((status) => ({
      name: `a moment of ${status} for one connection`,
      begin: () => begin(),
      goWrong: () => answerWith(forOne('c7', answer(status))),
      comeRight: () => answerWith(fine),
      received,
      isOneOfSeveral: true,
    })),
  ],
  [308, 403, 415, 422, 425, 429, 451, 500, 'a cut connection'].map((how) => ({
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
