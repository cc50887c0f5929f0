import { afterEach, describe, expect, it } from 'vitest';
import type { Selector } from '../../../src/gateway/tag-index/parse-selector.js';
import { makeMessage, textMessage } from '../../../src/gateway/connection/message.js';
import type { OutboundMessage } from '../../../src/gateway/transport/socket.js';
import { DeliveryFixture, type DeliveryClient, type EndpointChanges } from '../../support/delivery-fixture.js';

const FOO_BAR: Selector = { kind: 'pairs', pairs: new Map([['foo', 'bar']]) };
const EVERYBODY: Selector = { kind: 'all' };
const MANY = 10;
const FILLER = 'x'.repeat(32 * 1024);

/** Larger than what the kernel keeps for a loopback connection whose reader stalls. */
const numbered = (number: number): OutboundMessage => textMessage(`${number} ${FILLER}`);
const numbers = (texts: readonly string[]): number[] => texts.map((text) => Number.parseInt(text, 10));
const upTo = (count: number): number[] => Array.from({ length: count }, (_, number) => number);

describe.each(['uws', 'ws'] as const)('a client that stalls, on %s', (transport) => {
  let fixture: DeliveryFixture | undefined;

  async function start(changes: EndpointChanges = {}, closeTimeoutMs?: number) {
    fixture = new DeliveryFixture(changes, closeTimeoutMs);
    await fixture.start(transport);
    const [slow, ...others] = await fixture.connectMany(MANY);
    if (slow === undefined) throw new Error('a connection');
    slow.client.stall();
    return { fixture, delivery: fixture.delivery, slow, others };
  }

  /**
   * Sends numbered messages until the stalled one is congested, then `more`. The next number is
   * returned.
   */
  async function congest(next: () => Selector, more: number): Promise<number> {
    if (fixture === undefined) throw new Error('a fixture');
    let number = 0;
    let left = more;
    while (left > 0) {
      if (fixture.delivery.congested(FOO_BAR) > 0) left -= 1;
      fixture.delivery.send(next(), numbered(number));
      number += 1;
      await new Promise(setImmediate);
    }
    return number;
  }

  afterEach(async () => {
    await fixture?.stop();
  });

  it('affects no other client, loses nothing below its limit, and returns to its topics in order', async () => {
    const { delivery, slow, others } = await start();
    const ways = [FOO_BAR, EVERYBODY, FOO_BAR];
    let turn = 0;
    const sent = await congest(() => ways[(turn += 1) % ways.length] ?? FOO_BAR, 50);
    expect(delivery.congested(FOO_BAR)).toBe(1);
    for (const { client } of others) expect(numbers(await client.until(sent))).toEqual(upTo(sent));
    slow.client.resume();
    let total = sent;
    while (delivery.congested(EVERYBODY) > 0) {
      expect(delivery.send(FOO_BAR, numbered(total))).toBe(MANY);
      total += 1;
      await new Promise(setImmediate);
    }
    delivery.send(FOO_BAR, numbered(total));
    delivery.send(EVERYBODY, numbered(total + 1));
    total += 2;
    expect(numbers(await slow.client.until(total))).toEqual(upTo(total));
    expect(delivery.counters.messagesSent).toBe(total * MANY);
    expect(slow.connection.queue).toBeUndefined();
  });

  it('is closed with 1008 at the limit when the policy is close', async () => {
    const { fixture: running, delivery, slow } = await start({ policy: 'close', maxQueueBytes: 1024 * 1024 });
    let number = 0;
    while (slow.connection.closeReason === undefined) {
      delivery.send(FOO_BAR, numbered(number));
      number += 1;
      await new Promise(setImmediate);
    }
    expect(slow.connection.closeReason).toBe('slow_client');
    expect(delivery.counters.slowClosed).toBe(1);
    expect(delivery.counters.dropped.close).toBeGreaterThan(0);
    expect(delivery.send(FOO_BAR, numbered(number))).toBe(MANY - 1);
    slow.client.resume();
    expect(await slow.client.closed).toEqual({ code: 1008, reason: 'Client reads too slowly' });
    const received = numbers(slow.client.texts);
    expect(received).toEqual(upTo(received.length));
    expect(running.registry.size).toBe(MANY - 1);
  });

  it('keeps the oldest messages when the policy is drop-newest, and does not count refused ones', async () => {
    const { delivery, slow } = await start({ policy: 'drop-newest', maxQueueBytes: 1024 * 1024 });
    const counts: number[] = [];
    await congest(() => FOO_BAR, 60);
    for (let number = 0; number < 3; number += 1) counts.push(delivery.send(FOO_BAR, textMessage(FILLER)));
    expect(counts).toEqual([MANY - 1, MANY - 1, MANY - 1]);
    expect(delivery.counters.dropped['drop-newest']).toBeGreaterThanOrEqual(3);
    await resumeAndEnd(slow.client, delivery);
    const received = numbers(slow.client.texts.filter((text) => text !== 'end'));
    expect(received).toEqual(upTo(received.length));
  });

  it('keeps the newest messages when the policy is drop-oldest', async () => {
    const { delivery, slow, others } = await start({ policy: 'drop-oldest', maxQueueBytes: 1024 * 1024 });
    const sent = await congest(() => FOO_BAR, 80);
    const dropped = delivery.counters.dropped['drop-oldest'];
    expect(dropped).toBeGreaterThan(0);
    await resumeAndEnd(slow.client, delivery);
    const received = numbers(slow.client.texts.filter((text) => text !== 'end'));
    expect(received.length).toBe(sent - dropped);
    expect(received.at(-1)).toBe(sent - 1);
    expect([...received].sort((one, other) => one - other)).toEqual(received);
    expect(delivery.counters.messagesSent).toBe((sent + 1) * (others.length + 1) - dropped);
  });

  it('keeps its queue within the limit', async () => {
    const maxQueueBytes = 1024 * 1024;
    const { delivery, slow } = await start({ policy: 'drop-oldest', maxQueueBytes });
    await congest(() => FOO_BAR, 80);
    expect(delivery.congested(FOO_BAR)).toBe(1);
    const waiting = (slow.connection.queue?.bytes ?? 0) + slow.connection.socket.bufferedBytes();
    expect(waiting).toBeLessThanOrEqual(maxQueueBytes);
  });

  it('refuses a message above the limit and keeps the others', async () => {
    const { delivery, slow } = await start({ policy: 'drop-oldest', maxQueueBytes: 1024 * 1024 });
    await congest(() => FOO_BAR, 3);
    const before = slow.connection.queue?.length;
    const huge = makeMessage(Buffer.alloc(2 * 1024 * 1024), true);
    const ids = new Set([slow.connection.id]);
    expect(delivery.send({ kind: 'ids', ids }, huge)).toBe(0);
    expect(slow.connection.queue?.length).toBe(before);
  });

  it('gets the queued messages, then the last message, then the close frame', async () => {
    const { delivery, slow } = await start();
    const sent = await congest(() => FOO_BAR, 20);
    expect(delivery.close(EVERYBODY, 'closed_by_backend', textMessage('bye'))).toBe(MANY);
    slow.client.resume();
    expect((await slow.client.closed).code).toBe(1000);
    expect(numbers(slow.client.texts.slice(0, -1))).toEqual(upTo(sent));
    expect(slow.client.texts.at(-1)).toBe('bye');
  });

  it('is cut when it ignores the close', async () => {
    const { fixture: running, delivery } = await start({}, 50);
    await congest(() => FOO_BAR, 20);
    delivery.close(EVERYBODY, 'closed_by_backend');
    await running.until(() => running.registry.size === 0);
    expect(delivery.counters.closeIgnored).toBe(1);
    expect(delivery.counters.messagesUnsent).toBeGreaterThan(0);
  });

  async function resumeAndEnd(client: DeliveryClient, delivery: DeliveryFixture['delivery']): Promise<void> {
    client.resume();
    await fixture?.until(() => delivery.congested(EVERYBODY) === 0);
    delivery.send(EVERYBODY, textMessage('end'));
    while (client.texts.at(-1) !== 'end') await client.until(client.received.length + 1);
  }
});
