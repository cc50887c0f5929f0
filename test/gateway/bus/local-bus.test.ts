import { describe, expect, it } from 'vitest';
import { LocalBus } from '../../../src/gateway/bus/local-bus.js';
import { ConnectionIdSource } from '../../../src/gateway/connection/connection-id.js';
import { ConnectionRegistry } from '../../../src/gateway/connection/registry.js';
import { Delivery } from '../../../src/gateway/delivery/delivery.js';
import { textMessage } from '../../../src/gateway/connection/message.js';
import { idleSocket } from '../../support/idle-socket.js';
import { testEndpoint } from '../../support/test-endpoint.js';

const FOO_BAR = { kind: 'pairs', pairs: new Map([['foo', 'bar']]) } as const;

function busWith(connections: number) {
  const registry = new ConnectionRegistry(new ConnectionIdSource(1));
  const delivery = new Delivery({ registry });
  delivery.start({ publish: () => undefined });
  const endpoint = testEndpoint({ foo: 'bar' });
  const ids = Array.from({ length: connections }, () => registry.open(idleSocket, endpoint).id);
  return { bus: new LocalBus({ node: '0001', registry, delivery }), delivery, ids, registry };
}

describe('LocalBus', () => {
  it('counts by node', async () => {
    const { bus, delivery } = busWith(3);
    expect(bus.send(FOO_BAR, textMessage('x'))).toEqual(new Map([['0001', 3]]));
    expect(await bus.close(FOO_BAR, undefined)).toEqual(new Map([['0001', 3]]));
    expect(bus.send({ kind: 'ids', ids: new Set(['no']) }, textMessage('x'))).toEqual(new Map([['0001', 0]]));
    delivery.stop();
  });

  it('changes the very tag that it selects by, on each connection once', async () => {
    const { bus } = busWith(3);
    const changes = new Map([['foo', 'new']]);
    expect(await bus.setTags(FOO_BAR, changes)).toEqual(new Map([['0001', 3]]));
    expect(await bus.setTags(FOO_BAR, changes)).toEqual(new Map([['0001', 0]]));
    expect(await bus.tree()).toEqual(new Map([['foo', ['new']]]));
  });

  it('lists all connections in pages, in the order of opening', async () => {
    const { bus, ids } = busWith(2500);
    const pages: number[] = [];
    const listed: string[] = [];
    for await (const page of bus.status({ kind: 'all' })) {
      pages.push(page.length);
      listed.push(...page.map(({ id }) => id));
    }
    expect(pages).toEqual([1000, 1000, 500]);
    expect(listed).toEqual(ids);
  });

  it('leaves those out of a listing that close while it runs', async () => {
    const { bus, registry, ids } = busWith(1500);
    let listed = 0;
    for await (const page of bus.status({ kind: 'all' })) {
      listed += page.length;
      for (const id of ids.slice(1000, 1100)) {
        const connection = registry.get(id);
        if (connection !== undefined) registry.close(connection);
      }
    }
    expect(listed).toBe(1400);
  });
});
