import { describe, expect, it } from 'vitest';
import { ConnectionIdSource } from '../../../src/gateway/connection/connection-id.js';
import { ConnectionRegistry } from '../../../src/gateway/connection/registry.js';
import { CloseDeadlines } from '../../../src/gateway/delivery/close-deadlines.js';
import { idleSocket } from '../../support/idle-socket.js';
import { ManualClock } from '../../support/manual-clock.js';
import { testEndpoint } from '../../support/test-endpoint.js';

function deadlinesOf(timeoutMs: number) {
  const clock = new ManualClock();
  const cut: string[] = [];
  const deadlines = new CloseDeadlines(clock, timeoutMs, () => cut.push('ignored'));
  const registry = new ConnectionRegistry(new ConnectionIdSource(1));
  const open = (name: string) => registry.open({ ...idleSocket, terminate: () => cut.push(name) }, testEndpoint());
  return { clock, cut, deadlines, open };
}

describe('CloseDeadlines', () => {
  it('cuts each connection at its own deadline', () => {
    const { clock, cut, deadlines, open } = deadlinesOf(5000);
    deadlines.add(open('first'));
    clock.advance(3000);
    deadlines.add(open('second'));
    clock.advance(1999);
    expect(cut).toEqual([]);
    clock.advance(1);
    expect(cut).toEqual(['ignored', 'first']);
    clock.advance(3000);
    expect(cut).toEqual(['ignored', 'first', 'ignored', 'second']);
  });

  it('ignores closed connections and leaves no timer', () => {
    const { clock, cut, deadlines, open } = deadlinesOf(5000);
    const connection = open('first');
    deadlines.add(connection);
    deadlines.remove(connection);
    expect(clock.waiting).toBe(0);
    clock.advance(10_000);
    expect(cut).toEqual([]);
  });

  it('cuts no connection after a stop', () => {
    const { clock, cut, deadlines, open } = deadlinesOf(5000);
    deadlines.add(open('first'));
    deadlines.stop();
    clock.advance(10_000);
    expect(cut).toEqual([]);
  });
});
