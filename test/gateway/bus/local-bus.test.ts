import { describe, expect, it } from 'vitest';
import { LocalBus } from '../../../src/gateway/bus/local-bus.js';
import { ConnectionIdSource } from '../../../src/gateway/connection/connection-id.js';
import { ConnectionRegistry } from '../../../src/gateway/connection/registry.js';
import { Delivery } from '../../../src/gateway/delivery/delivery.js';
import { textMessage } from '../../../src/gateway/connection/message.js';
import { idleSocket } from '../../support/idle-socket.js';
import { testEndpoint } from '../../support/test-endpoint.js';

const FOO_BAR = { kind: 'pairs', pairs: new Map([['foo', 'bar']]) } as const;

async function busWith(connections: number) {
  const registry = new ConnectionRegistry(new ConnectionIdSource(1));
  const delivery = new Delivery({ registry });
  const bus = new LocalBus({ node: '0001', registry, delivery });
  bus.deliverThrough({ publish: () => undefined });
  await bus.start();
  const endpoint = testEndpoint({ foo: 'bar' });
  const ids = Array.from({ length: connections }, () => registry.open(idleSocket, endpoint).id);
  return { bus, delivery, ids, registry };
}

describe('LocalBus', () => {
  it('counts by node', async () => {
    const { bus } = await busWith(3);
    expect(bus.send(FOO_BAR, textMessage('x')).counts).toEqual(new Map([['0001', 3]]));
    expect((await bus.close(FOO_BAR, undefined)).counts).toEqual(new Map([['0001', 3]]));
    expect(bus.send({ kind: 'ids', ids: new Set(['no']) }, textMessage('x')).counts).toEqual(new Map([['0001', 0]]));
    await bus.stop();
  });

  it('writes what is gathered before it stops, and may be stopped twice', async () => {
    const { bus, delivery } = await busWith(2);
    bus.send(FOO_BAR, textMessage('x'));
    expect(delivery.counters.messagesSent).toBe(0);
    await bus.stop();
    expect(delivery.counters.messagesSent).toBe(2);
    await bus.stop();
  });

  it('reaches the connections of this node without awaiting', async () => {
    const { bus, ids, registry } = await busWith(2);
    const { local } = bus;
    expect([...local].map(({ id }) => id)).toEqual(ids);
    expect([local.size, local.count(FOO_BAR), local.congested(FOO_BAR)]).toEqual([2, 2, 0]);
    expect(local.send(FOO_BAR, textMessage('x'))).toBe(2);
    const [first] = local;
    if (first !== undefined) local.setTags(first, new Map([['foo', 'other']]));
    expect(registry.count(FOO_BAR)).toBe(1);
    await bus.stop();
  });

  it('changes the tag that it selects by, once on each connection', async () => {
    const { bus } = await busWith(3);
    const changes = new Map([['foo', 'new']]);
    expect((await bus.setTags(FOO_BAR, changes)).counts).toEqual(new Map([['0001', 3]]));
    expect((await bus.setTags(FOO_BAR, changes)).counts).toEqual(new Map([['0001', 0]]));
    expect((await bus.tree()).tree).toEqual(new Map([['foo', ['new']]]));
  });

  it('lists all connections in pages, in the order of opening', async () => {
    const { bus, ids } = await busWith(2500);
    const pages: number[] = [];
    const listed: string[] = [];
    for await (const page of bus.status({ selector: { kind: 'all' } }).pages) {
      pages.push(page.length);
      listed.push(...page.map(({ id }) => id));
    }
    expect(pages).toEqual([1000, 1000, 500]);
    expect(listed).toEqual(ids);
  });

  it.each([1, 7, 1000, 1500, 9000])('lists the first %i connections by id, also after one of them', async (limit) => {
    const { bus, ids } = await busWith(6000);
    const sorted = ids.toSorted();
    for (const after of [undefined, sorted[2500], sorted.at(-1)]) {
      const listed: string[] = [];
      for await (const page of bus.status({ selector: { kind: 'all' }, after, limit }).pages) {
        expect(page.length).toBeLessThanOrEqual(1000);
        listed.push(...page.map(({ id }) => id));
      }
      expect(listed).toEqual(sorted.filter((id) => id > (after ?? '')).slice(0, limit));
    }
  });

  it('leaves connections that close during a listing out of it', async () => {
    const { bus, registry, ids } = await busWith(1500);
    let listed = 0;
    for await (const page of bus.status({ selector: { kind: 'all' } }).pages) {
      listed += page.length;
      for (const id of ids.slice(1000, 1100)) {
        const connection = registry.get(id);
        if (connection !== undefined) registry.close(connection);
      }
    }
    expect(listed).toBe(1400);
  });
});
