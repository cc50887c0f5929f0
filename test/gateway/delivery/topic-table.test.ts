import { describe, expect, it } from 'vitest';
import { ConnectionIdSource } from '../../../src/gateway/connection/connection-id.js';
import { ConnectionRegistry } from '../../../src/gateway/connection/registry.js';
import { SendQueue, type QueueState } from '../../../src/gateway/connection/send-queue.js';
import { TopicTable } from '../../../src/gateway/delivery/topic-table.js';
import { idleSocket } from '../../support/idle-socket.js';
import { testEndpoint } from '../../support/test-endpoint.js';

/**
 * A table with a topic for `foo=bar`, and a connection that carries the pair but has not joined
 * yet.
 */
function tableWithTopic(state?: QueueState) {
  const table = new TopicTable();
  const topic = table.create('foo', 'bar', new Set());
  const subscriptions: string[] = [];
  const socket = {
    ...idleSocket,
    subscribe: (name: string) => void subscriptions.push(`+${name}`),
    unsubscribe: (name: string) => void subscriptions.push(`-${name}`),
  };
  const connection = new ConnectionRegistry(new ConnectionIdSource(1)).open(socket, testEndpoint({ foo: 'bar' }));
  if (state !== undefined) {
    connection.queue = new SendQueue();
    connection.queue.state = state;
  }
  return { table, topic, connection, subscriptions };
}

describe('a connection that is given the pair of a topic', () => {
  it.each([undefined, 'gathering'] as const)('is subscribed at once when its queue is %s', (state) => {
    const { table, topic, connection, subscriptions } = tableWithTopic(state);
    table.join(connection, 'foo', 'bar');
    expect(subscriptions).toEqual([`+${topic.name}`]);
    expect(topic.detached.size).toBe(0);
  });

  it.each(['congested', 'closing', 'closed'] as const)(
    'is not overtaken by what is published while its queue is %s',
    (state) => {
      const { table, topic, connection, subscriptions } = tableWithTopic(state);
      table.join(connection, 'foo', 'bar');
      expect(subscriptions).toEqual([]);
      expect([...topic.detached]).toEqual([connection]);
      table.attach(connection);
      expect(subscriptions).toEqual([`+${topic.name}`]);
      expect(topic.detached.size).toBe(0);
    },
  );

  it('is not subscribed later when it lost the pair while detached', () => {
    const { table, topic, connection, subscriptions } = tableWithTopic('congested');
    table.join(connection, 'foo', 'bar');
    table.leave(connection, 'foo', 'bar');
    table.attach(connection);
    expect(subscriptions).toEqual([]);
    expect(topic.detached.size).toBe(0);
  });
});
