import { describe, expect, it } from 'vitest';
import { CLOSE_REASONS, libraryCloseReason } from '../../src/gateway/close-reason.js';

/** Names that outboxes of released versions may contain. */
const STORED = [
  'closed_by_backend',
  'drain',
  'protocol_error',
  'invalid_text',
  'slow_client',
  'rate_limited',
  'message_too_large',
  'message_above_bound',
  'internal_error',
  'outbox_full',
  'token_expired',
  'closed_by_client',
  'connection_lost',
  'node_crashed',
];

describe('close reasons', () => {
  it('fit into a close frame', () => {
    for (const { reason } of Object.values(CLOSE_REASONS)) expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(123);
  });

  it('use only codes that the protocol knows', () => {
    const known = new Set([1000, 1001, 1002, 1006, 1007, 1008, 1009, 1011, 1012, 1013, 4001]);
    for (const { code } of Object.values(CLOSE_REASONS)) expect(known).toContain(code);
  });

  it('keep the names that logs and dead letters contain', () => {
    expect(Object.keys(CLOSE_REASONS)).toEqual(expect.arrayContaining(STORED));
  });

  it.each([
    [1002, 'protocol_error'],
    [1007, 'invalid_text'],
    [1009, 'message_too_large'],
    [1008, 'protocol_error'],
  ])('name the code %i of a server library %s', (code, name) => {
    expect(libraryCloseReason(code)).toBe(name);
  });
});
