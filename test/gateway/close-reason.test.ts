import { describe, expect, it } from 'vitest';
import { CLOSE_REASONS, libraryCloseReason } from '../../src/gateway/close-reason.js';

describe('close reasons', () => {
  it('fit into a close frame', () => {
    for (const { reason } of Object.values(CLOSE_REASONS)) expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(123);
  });

  it('use only codes that the protocol knows', () => {
    const known = new Set([1000, 1001, 1002, 1006, 1007, 1008, 1009, 1011, 1013, 4001]);
    for (const { code } of Object.values(CLOSE_REASONS)) expect(known).toContain(code);
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
