import { describe, expect, it } from 'vitest';
import { CLOSE_REASONS, nameCloseReason } from '../../../src/gateway/connection/close-reason.js';

describe('close reasons', () => {
  it('fit into a close frame', () => {
    for (const { reason } of Object.values(CLOSE_REASONS)) expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(123);
  });

  it('use only codes that the protocol knows', () => {
    const known = new Set([1000, 1001, 1002, 1006, 1007, 1008, 1009, 1011, 1013, 4001]);
    for (const { code } of Object.values(CLOSE_REASONS)) expect(known).toContain(code);
  });

  it('prefer what the gateway had decided to the code that was seen', () => {
    expect(nameCloseReason('slow_client', 1006, false)).toBe('slow_client');
  });

  it.each([
    [1006, 'connection_lost'],
    [1009, 'message_too_large'],
    [1008, 'protocol_error'],
  ])('names code %i of the transport %s', (code, name) => {
    expect(nameCloseReason(undefined, code, false)).toBe(name);
  });

  it.each([1000, 4321, 1002, 1009, 1011])('believes nothing that a client says with code %i', (code) => {
    expect(nameCloseReason(undefined, code, true)).toBe('closed_by_client');
  });
});
