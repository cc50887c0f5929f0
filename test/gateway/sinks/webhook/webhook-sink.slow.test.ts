import { constants } from 'node:buffer';
import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SinkReceipt } from '../../../../src/gateway/sinks/event-sink.js';
import { WebhookSink, type WebhookSinkConfig } from '../../../../src/gateway/sinks/webhook/webhook-sink.js';
import { ManualClock } from '../../../support/manual-clock.js';
import { settle } from '../../../support/settle.js';
import { testEvent, testEvents } from '../../../support/test-event.js';
import { webhookConfig } from '../../../support/webhook-config.js';
import { sinkDeps } from '../../../support/sink-deps.js';
import { WebhookReceiver, type WebhookAnswering } from '../../../support/webhook-receiver.js';

/** Answers with this status, except for `good` requests. */
const refuse =
  (status: number, isGood: (sequences: readonly string[]) => boolean = () => false): WebhookAnswering =>
  ({ events }, response) => {
    if (!isGood(events.map(({ id = '' }) => id.split('-').at(-1) ?? ''))) response.statusCode = status;
    response.end();
  };

describe('a webhook sink', () => {
  let receiver: WebhookReceiver;
  let sink: WebhookSink;
  const use = (changed: Partial<WebhookSinkConfig> = {}) => {
    sink = new WebhookSink(webhookConfig(receiver.url, changed), sinkDeps());
    return sink;
  };
  const taken = () => receiver.taken.map(({ id }) => Number(id?.split('-').at(-1)));

  beforeEach(async () => {
    receiver = await WebhookReceiver.start();
    use();
  });

  afterEach(async () => {
    await sink.stop();
    await receiver.stop();
  });

  it('signs time and body, and sends a delivery id', async () => {
    await use({ secret: 'hush', headers: { authorization: 'Bearer b' } }).deliver(testEvents(1, 2));
    const [request] = receiver.requests;
    const timestamp = String(request?.headers['x-wsg-timestamp']);
    const expected = createHmac('sha256', 'hush').update(`${timestamp}.${request?.body}`).digest('hex');
    expect(request?.headers).toMatchObject({
      'content-type': 'application/json',
      'x-wsg-signature': `sha256=${expected}`,
      'x-wsg-delivery': `${testEvent(1).id}+2`,
      authorization: 'Bearer b',
    });
    expect(Math.abs(Number(timestamp) - Date.now() / 1000)).toBeLessThan(60);
    expect(request?.body).toBe(
      '{"events":[{"id":"00af-1700000000000-1","action":"message","connection":"c1","message":"hello","tags":"foo=bar","type":"text"},' +
        '{"id":"00af-1700000000000-2","action":"message","connection":"c1","message":"hello","tags":"foo=bar","type":"text"}]}',
    );
  });

  it('splits a batch into requests by number and bytes, and sends a larger event alone', async () => {
    use({ maxBatchEvents: 2, maxBatchBytes: 1024 });
    const batch = [...testEvents(1, 3), testEvent(4, 'x'.repeat(2000)), testEvent(5)];
    for (let rest = batch; rest.length > 0;) rest = rest.slice((await sink.deliver(rest)).settled);
    expect(receiver.requests.map(({ events }) => events.length)).toEqual([2, 1, 1, 1]);
    expect(taken()).toEqual([1, 2, 3, 4, 5]);
  });

  it.each([408, 425, 429, 500, 503])('rejects a batch after a %i, and delivers it later', async (status) => {
    receiver.answering = refuse(status);
    await expect(sink.deliver(testEvents(1, 3))).rejects.toThrow(`answered ${status}`);
    receiver.answering = refuse(200);
    expect(await sink.deliver(testEvents(1, 3))).toEqual({ settled: 3, refused: [] });
  });

  it.each([400, 413, 422])('blames the event for a plain %i', async (status) => {
    receiver.answering = refuse(status);
    await expect(sink.deliver(testEvents(1, 10))).rejects.toMatchObject({ blames: 'event' });
  });

  it.each([302, 401, 404])('does not blame an event for %i, and does not follow redirects', async (status) => {
    receiver.answering = (_, response) => {
      response.writeHead(status, { location: receiver.url }).end();
    };
    await expect(sink.deliver(testEvents(1, 10))).rejects.toMatchObject({ blames: 'attempt' });
    expect(receiver.requests).toHaveLength(1);
  });

  it('refuses an event that cannot be encoded, and delivers those around it', async () => {
    const message = Buffer.alloc(Math.ceil(constants.MAX_STRING_LENGTH / 6), 1);
    const batch = [testEvent(1), { ...testEvent(2), message }, testEvent(3)];
    expect(await sink.deliver(batch)).toEqual({ settled: 1, refused: [] });
    expect(await sink.deliver(batch.slice(1))).toMatchObject({ settled: 1, refused: [{ event: { sequence: 2 } }] });
    expect(await sink.deliver(batch.slice(2))).toEqual({ settled: 1, refused: [] });
    expect(taken()).toEqual([1, 3]);
  });

  describe('that gets a Retry-After', () => {
    const clock = new ManualClock();
    let again: Promise<SinkReceipt>;

    beforeEach(async () => {
      sink = new WebhookSink(webhookConfig(receiver.url), sinkDeps({ clock }));
      receiver.answering = (_, response) => void response.writeHead(429, { 'retry-after': '1' }).end();
      await sink.deliver(testEvents(1, 1)).catch(() => undefined);
      await settle(() => clock.waiting === 0);
      receiver.answering = (_, response) => void response.end();
      again = sink.deliver(testEvents(1, 1));
      await settle(() => clock.waiting === 1);
    });

    it('sends again at that time, and not before', async () => {
      clock.advance(999);
      // An earlier request of the sink would arrive before this one.
      await fetch(receiver.url, { method: 'POST', body: '{"events":[]}' });
      expect(taken()).toEqual([]);
      clock.advance(1);
      expect(await again).toEqual({ settled: 1, refused: [] });
    });

    it('does not wait for it when stopped', async () => {
      await Promise.all([expect(again).rejects.toThrow('stopped'), sink.stop()]);
      expect(receiver.requests).toHaveLength(1);
    });
  });

  it('rejects when no response arrives in time', async () => {
    receiver.answering = () => undefined;
    await expect(use({ timeoutMs: 50 }).deliver(testEvents(1, 1))).rejects.toThrow('no answer within 50 ms');
  });

  it('judges an endless response by its status', async () => {
    receiver.answering = (_, response) => {
      response.writeHead(200);
      response.write('x'.repeat(200_000));
    };
    expect(await sink.deliver(testEvents(1, 1))).toEqual({ settled: 1, refused: [] });
  });

  it('continues after the receiver has closed the idle connection', async () => {
    await sink.deliver(testEvents(1, 1));
    await sink.deliver(testEvents(2, 2));
    receiver.dropConnections();
    expect(await sink.deliver(testEvents(3, 3))).toEqual({ settled: 1, refused: [] });
    expect(taken()).toEqual([1, 2, 3]);
  });

  it('does not start when the receiver refuses everything, and names it without its password', async () => {
    receiver.answering = refuse(403);
    use();
    const url = receiver.url.replace('//', '//user:marked-secret@');
    sink = new WebhookSink(webhookConfig(url), sinkDeps());
    const error: unknown = await sink.start().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'sink.refused' });
    expect(String(error)).toContain('webhook sink was refused: http://user:***@127.0.0.1');
    expect(String(error)).not.toContain('marked-secret');
  });

  it('starts when the receiver only rejects the empty batch', async () => {
    receiver.answering = refuse(400);
    await sink.start();
    expect(receiver.requests[0]?.body).toBe('{"events":[]}');
  });

  it('rejects without sink.refused at start when the port is closed, and delivers once it is open', async () => {
    await receiver.stop();
    await expect(sink.start()).rejects.not.toMatchObject({ code: 'sink.refused' });
    await expect(sink.deliver(testEvents(1, 2))).rejects.toThrow('is away');
    await receiver.start();
    expect(await sink.deliver(testEvents(1, 2))).toEqual({ settled: 2, refused: [] });
  });
});
