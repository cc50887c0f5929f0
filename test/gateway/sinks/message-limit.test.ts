import { describe, expect, it } from 'vitest';
import { limitWarning, type MessageLimit } from '../../../src/gateway/sinks/message-limit.js';
import { testConfig } from '../../support/running-gateway.js';

const KIB = 1024;
const json: MessageLimit = { maxBytes: 64 * KIB, setting: 'max_payload', encoding: 'json', effect: 'refused' };

function warning(limit: Partial<MessageLimit>, globalKib: number, endpointKib = globalKib): string | undefined {
  const endpoints = [{ path: '/small' }, { path: '/large', max_message_size_kb: endpointKib }];
  return limitWarning({ ...json, ...limit }, testConfig({ max_message_size_kb: globalKib, endpoints }));
}

describe('a warning about a limit', () => {
  it('states the sizes that are refused for good, as text and as base64', () => {
    expect(warning({}, 64)).toBe(
      'max_payload is 65536 bytes, and max_message_size_kb allows 64 KiB: ' +
        'messages above about 64512 bytes, or 48384 of binary data, are refused for good.',
    );
  });

  it('leaves room for base64 and for the envelope of a message', () => {
    expect(warning({}, 47)).toBeUndefined();
    expect(warning({}, 48)).toContain('48 KiB');
    expect(warning({ encoding: 'raw' }, 63)).toBeUndefined();
    expect(warning({ encoding: 'raw' }, 64)).toContain('above about 64512 bytes are refused');
  });

  it('considers the endpoint that accepts the largest messages', () => {
    expect(warning({}, 1, 100)).toContain('max_message_size_kb allows 100 KiB');
    expect(warning({}, 100, 1)).toContain('max_message_size_kb allows 100 KiB');
  });

  it('states that a larger event is sent alone when the sink allows it', () => {
    expect(warning({ effect: 'sent-alone' }, 64)).toBeUndefined();
    expect(warning({ effect: 'sent-alone' }, 65)).toContain('is sent alone, in a larger request');
  });
});
