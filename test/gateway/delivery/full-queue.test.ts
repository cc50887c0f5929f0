import { describe, expect, it } from 'vitest';
import { ConnectionIdSource } from '../../../src/gateway/connection/connection-id.js';
import type { SlowPolicy } from '../../../src/gateway/connection/endpoint.js';
import { ConnectionRegistry } from '../../../src/gateway/connection/registry.js';
import { Delivery } from '../../../src/gateway/delivery/delivery.js';
import { makeMessage } from '../../../src/gateway/connection/message.js';
import type { Selector } from '../../../src/gateway/tag-index/parse-selector.js';
import { idleSocket } from '../../support/idle-socket.js';
import { ManualClock } from '../../support/manual-clock.js';
import { testEndpoint } from '../../support/test-endpoint.js';

const EVERYBODY: Selector = { kind: 'all' };
const FOO_BAR: Selector = { kind: 'pairs', pairs: new Map([['foo', 'bar']]) };
const MESSAGE = makeMessage(Buffer.alloc(100), true);

/** A delivery whose only sockets take nothing off our hands once `fill` has run. */
function stalledDelivery(policy: SlowPolicy, connections = 1) {
  const registry = new ConnectionRegistry(new ConnectionIdSource(1));
  const delivery = new Delivery({ registry, clock: new ManualClock() });
  delivery.start({ publish: () => undefined });
  const endpoint = { ...testEndpoint({ foo: 'bar' }), policy, lowWaterBytes: 50, maxQueueBytes: 1200 };
  let buffered = 0;
  const socket = { ...idleSocket, bufferedBytes: () => buffered };
  const opened = Array.from({ length: connections }, () => registry.open(socket, endpoint));
  const fill = () => {
    buffered = 100;
    for (let sent = 0; sent < 5; sent += 1) delivery.send(EVERYBODY, MESSAGE);
  };
  return { delivery, opened, fill };
}

describe('a connection with no room left', () => {
  it.each(['drop-oldest', 'drop-newest'] as const)('closes even if its last message is dropped (%s)', (policy) => {
    const { delivery, opened, fill } = stalledDelivery(policy);
    fill();
    expect(delivery.counters.dropped[policy]).toBeGreaterThan(0);
    expect(delivery.close(EVERYBODY, 'closed_by_backend', MESSAGE)).toBe(1);
    expect(opened[0]?.closeReason).toBe('closed_by_backend');
    delivery.stop();
  });

  it('keeps only its own bytes of a message that shares a buffer', () => {
    const { delivery, opened, fill } = stalledDelivery('drop-newest');
    fill();
    const payload = Buffer.alloc(8192).subarray(8, 9).fill('x');
    delivery.send(EVERYBODY, makeMessage(payload, false));
    const queue = opened[0]?.queue;
    const waiting = Array.from({ length: queue?.length ?? 0 }, () => queue?.shift()?.payload);
    expect(waiting.map((one) => one?.buffer.byteLength)).toEqual(waiting.map((one) => one?.byteLength));
    expect(Buffer.from(waiting.at(-1) ?? []).toString()).toBe('x');
    delivery.stop();
  });

  it('counts each message once: as sent, as dropped or as waiting', () => {
    const { delivery, opened, fill } = stalledDelivery('drop-newest');
    fill();
    const { messagesSent, dropped } = delivery.counters;
    expect(messagesSent + dropped['drop-newest'] + (opened[0]?.queue?.length ?? 0)).toBe(5);
    delivery.stop();
  });
});

it('deducts what the library dropped from later sent messages, so that the counter never decreases', async () => {
  const { delivery, opened } = stalledDelivery('drop-newest', 10);
  delivery.send(FOO_BAR, MESSAGE);
  expect(delivery.counters.messagesSent).toBe(10);
  for (const connection of opened.slice(0, 3)) delivery.dropped(connection);
  await new Promise(setImmediate);
  expect(delivery.counters.messagesSent).toBe(10);
  delivery.send(FOO_BAR, MESSAGE);
  expect(delivery.counters.messagesSent).toBe(17);
  expect(delivery.counters.dropped['drop-newest']).toBe(3);
  delivery.stop();
});
