import { describe, expect, it } from 'vitest';
import type { Connection } from '../../../src/gateway/connection/connection.js';
import { ConnectionIdSource } from '../../../src/gateway/connection/connection-id.js';
import { ConnectionRegistry } from '../../../src/gateway/connection/registry.js';
import { idleSocket } from '../../support/idle-socket.js';
import { testEndpoint } from '../../support/test-endpoint.js';

function registryWith(count: number, tags: Readonly<Record<string, string>> = { foo: 'bar' }) {
  const registry = new ConnectionRegistry(new ConnectionIdSource(1));
  const endpoint = testEndpoint(tags);
  const connections = Array.from({ length: count }, () => registry.open(idleSocket, endpoint));
  return { registry, endpoint, connections };
}

const FOO_BAR = { kind: 'pairs', pairs: new Map([['foo', 'bar']]) } as const;

describe('ConnectionRegistry', () => {
  it('shares the tags of the endpoint until a connection has its own', () => {
    const { registry, endpoint, connections } = registryWith(2);
    const [first, second] = connections;
    if (first === undefined || second === undefined) throw new Error('two connections');
    registry.setTags(first, new Map([['foo', 'bar']]));
    expect(first.tags).toBe(endpoint.setTags);
    registry.setTags(first, new Map([['seen', '1']]));
    expect([...first.tags.keys()]).toEqual(['foo', 'seen']);
    expect(second.tags).toBe(endpoint.setTags);
    expect([...endpoint.setTags.keys()]).toEqual(['foo']);
  });

  it('leaves no trace of an old value', () => {
    const { registry, connections } = registryWith(1);
    for (const connection of connections) registry.setTags(connection, new Map([['foo', 'new']]));
    expect(registry.count(FOO_BAR)).toBe(0);
    expect(registry.tree()).toEqual(new Map([['foo', ['new']]]));
  });

  it('answers a repeated selector with the current connections', () => {
    const { registry, endpoint, connections } = registryWith(3, { foo: 'bar', side: 'a' });
    const [first, second] = connections;
    if (first === undefined || second === undefined) throw new Error('two connections');
    const pairs = {
      kind: 'pairs',
      pairs: new Map([
        ['foo', 'bar'],
        ['side', 'a'],
      ]),
    } as const;
    const ids = { kind: 'ids', ids: new Set([first.id, second.id]) } as const;
    const counts = () => [registry.count(pairs), registry.count(ids)];
    expect([counts(), counts()]).toEqual([
      [3, 2],
      [3, 2],
    ]);
    registry.setTags(second, new Map([['side', 'b']]));
    expect(counts()).toEqual([2, 2]);
    registry.close(first);
    expect(counts()).toEqual([1, 1]);
    registry.open(idleSocket, endpoint);
    expect(counts()).toEqual([2, 1]);
  });

  it('deletes an unused tag without effect', () => {
    const { registry, connections } = registryWith(1);
    for (const connection of connections) registry.setTags(connection, new Map([['ghost', '']]));
    expect(registry.count(FOO_BAR)).toBe(1);
  });

  it('selects each id once and ignores unknown ones', () => {
    const { registry, connections } = registryWith(3);
    const ids = new Set([connections[2]?.id ?? '', 'unknown', connections[0]?.id ?? '']);
    expect([...registry.select({ kind: 'ids', ids })]).toEqual([connections[2], connections[0]]);
    expect(registry.count({ kind: 'ids', ids })).toBe(2);
  });

  it('keeps a closed connection out of the index, even when its tags change afterwards', () => {
    const { registry, connections } = registryWith(1);
    for (const connection of connections) {
      expect(registry.close(connection)).toBe(true);
      expect(registry.close(connection)).toBe(false);
      registry.setTags(connection, new Map([['late', '1']]));
    }
    expect(registry.size).toBe(0);
    expect(registry.tree().size).toBe(0);
  });

  it('iterates each connection once in the order of opening while others close', () => {
    const { registry, connections } = registryWith(5);
    const met: Connection[] = [];
    for (const connection of registry) {
      met.push(connection);
      const next = connections[met.length];
      if (met.length === 2 && next !== undefined) registry.close(next);
    }
    expect(met).toEqual([connections[0], connections[1], connections[3], connections[4]]);
  });

  it('notifies its observer of the old value before the new one, and of the close last', () => {
    const { registry, endpoint } = registryWith(0);
    const told: string[] = [];
    registry.observe({
      tagged: (_, key, value) => told.push(`+${key}=${value}`),
      untagged: (_, key, value) => told.push(`-${key}=${value}`),
      closed: () => told.push('closed'),
    });
    const connection = registry.open(idleSocket, endpoint);
    registry.setTags(connection, new Map([['foo', 'new']]));
    registry.close(connection);
    expect(told).toEqual(['+foo=bar', '-foo=bar', '+foo=new', '-foo=new', 'closed']);
  });
});
