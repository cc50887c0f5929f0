import { describe, expect, it } from 'vitest';
import {
  ConnectionIdSource,
  formatNode,
  nodeOfConnectionId,
  workerOfConnectionId,
} from '../../../src/gateway/connection/connection-id.js';

describe('connection ids', () => {
  it('are UUIDs of version 4 and variant 10', () => {
    const ids = new ConnectionIdSource(0xbeef);
    for (let count = 0; count < 1000; count += 1) {
      expect(ids.next()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    }
  });

  it('contain any node', () => {
    for (const node of [0, 1, 0x0a0b, 0xffff])
      expect(nodeOfConnectionId(new ConnectionIdSource(node).next())).toBe(node);
  });

  it('never repeat', () => {
    const ids = new ConnectionIdSource(1);
    const made = Array.from({ length: 10_000 }, () => ids.next());
    expect(new Set(made).size).toBe(made.length);
  });

  it('have random digits otherwise', () => {
    const ids = new ConnectionIdSource(1);
    const made = Array.from({ length: 1000 }, () => ids.next().replaceAll('-', ''));
    const seen = Array.from({ length: 28 }, (_, at) => new Set(made.map((id) => id.charAt(at))).size);
    expect(seen.map((values, at) => ({ at, values })).filter(({ values }) => values < 16)).toEqual([
      { at: 12, values: 1 },
      { at: 16, values: 4 },
    ]);
  });

  it('name no node for other texts', () => {
    for (const id of ['', 'x', '00000000-0000-1000-8000-000000000001', '../../etc']) {
      expect(nodeOfConnectionId(id)).toBeUndefined();
    }
  });

  it('write a node as four hexadecimal digits', () => {
    expect([0, 10, 0xffff].map(formatNode)).toEqual(['0000', '000a', 'ffff']);
  });
});

it('puts the worker into byte 13 of an id, if there are several', () => {
  const ids = new ConnectionIdSource(0xbeef, 7);
  const made = Array.from({ length: 300 }, () => ids.next());
  expect(new Set(made).size).toBe(300);
  for (const id of made) {
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{6}07beef$/);
    expect(workerOfConnectionId(id)).toBe(7);
    expect(nodeOfConnectionId(id)).toBe(0xbeef);
  }
  expect(workerOfConnectionId('no-id')).toBeUndefined();
});

it('leaves byte 13 random in a process alone', () => {
  const ids = new ConnectionIdSource(1);
  const workers = new Set(Array.from({ length: 300 }, () => workerOfConnectionId(ids.next())));
  expect(workers.size).toBeGreaterThan(20);
});
