import { expect, it } from 'vitest';
import { connectionsFor, ConnectionLimits } from '../../../src/gateway/access/connection-limits.js';
import { ManualClock } from '../../support/manual-clock.js';

function limits(changes: Partial<ConstructorParameters<typeof ConnectionLimits>[0]> = {}) {
  const none = { maxConnections: 1000, maxConnectionsPerAddress: 0, handshakesPerSecond: 0 };
  return new ConnectionLimits({ ...none, clock: new ManualClock(), open: () => 0, ...changes });
}

it.each([
  [1024, 960],
  [20_000, 19_000],
  [10, 1],
  [0, Number.POSITIVE_INFINITY],
  [Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY],
])('an open-file limit of %d leaves room for %d connections', (openFiles, connections) => {
  expect(connectionsFor(openFiles)).toBe(connections);
});

it('derives the limit on connections from the limit on open files by default', () => {
  expect(limits({ maxConnections: 0 }).maxConnections).toBeGreaterThan(0);
});

it('allows the maximum number of connections and no more', () => {
  let open = 1;
  const whole = limits({ maxConnections: 2, open: () => open });
  expect(whole.admit('a')).toBeUndefined();
  open = 2;
  expect([whole.admit('a'), whole.reached('a')]).toEqual(['max_connections', 'max_connections']);
});

it('counts each address separately, an IPv6 /64 as one', () => {
  const byAddress = limits({ maxConnectionsPerAddress: 2 });
  for (const address of ['203.0.113.7', '203.0.113.7', '2001:db8::1', '2001:db8:0:0:9::2']) byAddress.opened(address);
  const reached = (address: string) => byAddress.reached(address) ?? 'room';
  expect(['203.0.113.7', '203.0.113.8', '2001:db8::3', '2001:db8:0:1::3', '::1'].map(reached)).toEqual([
    'max_connections_per_address',
    'room',
    'max_connections_per_address',
    'room',
    'room',
  ]);
  byAddress.closed('203.0.113.7');
  byAddress.closed('2001:db8::1');
  expect([reached('203.0.113.7'), reached('2001:db8::3')]).toEqual(['room', 'room']);
});

it('does not count handshakes against the rate that are refused anyway', () => {
  const clock = new ManualClock();
  let open = 5;
  const both = limits({ clock, maxConnections: 5, handshakesPerSecond: 2, open: () => open });
  expect([both.admit('a'), both.admit('a'), both.admit('a')]).toEqual(Array(3).fill('max_connections'));
  open = 0;
  expect([both.admit('a'), both.admit('b'), both.admit('c')]).toEqual([undefined, undefined, 'handshakes_per_s']);
  expect(both.reached('c')).toBeUndefined();
  clock.advance(500);
  expect([both.admit('a'), both.admit('a')]).toEqual([undefined, 'handshakes_per_s']);
});
