import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { Selector } from '../../../src/gateway/tag-index/parse-selector.js';
import { makeMessage, textMessage } from '../../../src/gateway/connection/message.js';
import { DeliveryFixture, type EndpointChanges } from '../../support/delivery-fixture.js';

const FOO_BAR: Selector = { kind: 'pairs', pairs: new Map([['foo', 'bar']]) };
const IN_ROOM: Selector = {
  kind: 'pairs',
  pairs: new Map([
    ['foo', 'bar'],
    ['room', '1'],
  ]),
};
/** Enough for a topic. */
const MANY = 10;

describe.each(['uws', 'ws'] as const)('delivery on %s', (transport) => {
  let fixture: DeliveryFixture | undefined;

  async function start(changes: EndpointChanges = {}, closeTimeoutMs?: number): Promise<DeliveryFixture> {
    fixture = new DeliveryFixture(changes, closeTimeoutMs);
    await fixture.start(transport);
    return fixture;
  }

  afterEach(async () => {
    await fixture?.stop();
  });

  it('sends to all connections with a pair, and returns their number', async () => {
    const { delivery, ...rest } = await startWith(await start(), MANY);
    expect(delivery.send(FOO_BAR, textMessage('one'))).toBe(MANY);
    for (const { client } of rest.all) expect(await client.until(1)).toEqual(['one']);
    expect(delivery.counters.messagesSent).toBe(MANY);
  });

  it('sends binary as binary and text as text, empty ones too', async () => {
    const { delivery, all } = await startWith(await start(), 1);
    delivery.send(FOO_BAR, makeMessage(Buffer.from([0xff, 0]), true));
    delivery.send(FOO_BAR, textMessage(''));
    for (const { client } of all) {
      await client.until(2);
      expect(client.received.map(({ binary }) => binary)).toEqual([true, false]);
      expect(client.texts[1]).toBe('');
    }
  });

  it('returns 0 for a selector without a match', async () => {
    const { delivery } = await startWith(await start(), 1);
    expect(delivery.send({ kind: 'pairs', pairs: new Map([['foo', 'no']]) }, textMessage('x'))).toBe(0);
    expect(delivery.send({ kind: 'ids', ids: new Set(['no']) }, textMessage('x'))).toBe(0);
  });

  it('keeps the order of calls on each connection, whichever way messages take', async () => {
    const { delivery, all } = await startWith(await start(), MANY);
    const [first] = all;
    if (first === undefined) throw new Error('a connection');
    fixture?.setTag(first.connection, 'room', '1');
    const ids: Selector = { kind: 'ids', ids: new Set([first.connection.id]) };
    const selectors = [FOO_BAR, IN_ROOM, ids, IN_ROOM, FOO_BAR, FOO_BAR, { kind: 'all' } as const];
    const sent: string[] = [];
    for (let number = 0; number < 700; number += 1) {
      delivery.send(selectors[number % selectors.length] ?? FOO_BAR, textMessage(`${number}`));
      sent.push(`${number}`);
      if (number % 50 === 49) await new Promise(setImmediate);
    }
    expect(await first.client.until(sent.length)).toEqual(sent);
  });

  it('delivers what was published before a tag was removed, and nothing after', async () => {
    const { delivery, all } = await startWith(await start(), MANY);
    const [first] = all;
    if (first === undefined) throw new Error('a connection');
    delivery.send(FOO_BAR, textMessage('before'));
    fixture?.setTag(first.connection, 'foo', 'other');
    expect(delivery.send(FOO_BAR, textMessage('without'))).toBe(MANY - 1);
    fixture?.setTag(first.connection, 'foo', 'bar');
    expect(delivery.send(FOO_BAR, textMessage('after'))).toBe(MANY);
    expect(await first.client.until(2)).toEqual(['before', 'after']);
  });

  it('reaches a long list of ids each time, without closed connections', async () => {
    const { delivery, all } = await startWith(await start(), 70);
    const ids: Selector = { kind: 'ids', ids: new Set(all.map(({ connection }) => connection.id)) };
    const [gone, ...others] = all;
    for (const text of ['one', 'two', 'three']) expect(delivery.send(ids, textMessage(text))).toBe(70);
    if (gone !== undefined) delivery.closeOne(gone.connection, 'drain');
    for (const text of ['four', 'five']) expect(delivery.send(ids, textMessage(text))).toBe(69);
    expect(await gone?.client.closed).toMatchObject({ code: 1001 });
    expect(gone?.client.texts).toEqual(['one', 'two', 'three']);
    for (const { client } of others) expect(await client.until(5)).toEqual(['one', 'two', 'three', 'four', 'five']);
  });

  it('reaches connections that open after a pair was first broadcast to', async () => {
    const { delivery } = await startWith(await start(), MANY);
    delivery.send(FOO_BAR, textMessage('early'));
    const late = await fixture?.connect();
    expect(delivery.send(FOO_BAR, textMessage('late'))).toBe(MANY + 1);
    expect(await late?.client.until(1)).toEqual(['late']);
  });

  it('removes a topic with its last member and creates it again', async () => {
    const { delivery, all } = await startWith(await start(), MANY);
    delivery.send(FOO_BAR, textMessage('one'));
    for (const { connection } of all) fixture?.setTag(connection, 'foo', '');
    expect(delivery.send(FOO_BAR, textMessage('nobody'))).toBe(0);
    for (const { connection } of all) fixture?.setTag(connection, 'foo', 'bar');
    expect(delivery.send(FOO_BAR, textMessage('two'))).toBe(MANY);
    for (const { client } of all) expect(await client.until(2)).toEqual(['one', 'two']);
  });

  it('does not take messages gathered in one tick as a sign of a slow reader', async () => {
    const { delivery, all } = await startWith(await start({ lowWaterBytes: 1024 }), MANY);
    delivery.send(FOO_BAR, textMessage('x'.repeat(60_000)));
    for (const { client } of all) await client.until(1);
    delivery.send(FOO_BAR, textMessage('y'.repeat(10_000)));
    for (const { client } of all) await client.until(2);
    for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
    expect(delivery.congested({ kind: 'all' })).toBe(0);
  });

  it('closes with 1000 after the last message', async () => {
    const { delivery, all } = await startWith(await start(), MANY);
    delivery.send(FOO_BAR, textMessage('published'));
    expect(delivery.close(FOO_BAR, 'closed_by_backend', textMessage('bye'))).toBe(MANY);
    for (const { client } of all) {
      expect(await client.closed).toEqual({ code: 1000, reason: 'Closed by server' });
      expect(client.texts).toEqual(['published', 'bye']);
    }
    expect(fixture?.registry.size).toBe(0);
    expect(delivery.send(FOO_BAR, textMessage('late'))).toBe(0);
  });

  it.each([1, MANY])('delivers what it counted in the tick in which a client leaves, of %i', async (count) => {
    const { delivery, all } = await startWith(await start(), count);
    // From a timer on, sockets are read before the end of the tick.
    await sleep(1);
    for (const { client } of all) client.leave();
    expect(delivery.send(FOO_BAR, textMessage('last'))).toBe(count);
    const texts = await Promise.all(all.map(({ client }) => client.closed.then(() => client.texts)));
    const { messagesUnsent } = delivery.counters;
    // uWebSockets.js answers a close frame before it reports it.
    expect(texts.flat().length + messagesUnsent).toBe(count);
    expect(messagesUnsent).toBeLessThanOrEqual(transport === 'ws' ? 0 : count);
  });

  it('closes once', async () => {
    const { delivery, all } = await startWith(await start(), 1);
    for (const { connection, client } of all) {
      expect(delivery.closeOne(connection, 'drain')).toBe(true);
      expect(delivery.closeOne(connection, 'drain')).toBe(false);
      expect(connection.closeReason).toBe('drain');
      expect((await client.closed).code).toBe(1001);
    }
  });
});

async function startWith(fixture: DeliveryFixture, count: number) {
  return { delivery: fixture.delivery, all: await fixture.connectMany(count) };
}
