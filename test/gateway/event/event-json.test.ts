import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeEventJson } from '../../../src/gateway/event/event-json.js';
import type { GatewayEvent } from '../../../src/gateway/event/gateway-event.js';

function message(bytes: Uint8Array, type: 'text' | 'binary' = 'text'): GatewayEvent {
  return { id: '0001-1-1', sequence: 1, connection: 'c1', action: 'message', type, tags: 'foo=bar', message: bytes };
}

describe('event JSON', () => {
  it('of an open or close event has no message and no type', () => {
    const event: GatewayEvent = { id: '0001-1-1', sequence: 1, connection: 'c1', action: 'open', tags: '' };
    expect(encodeEventJson(event)).toBe('{"action":"open","connection":"c1","tags":""}');
  });

  it('of a text message is compact and sorted', () => {
    expect(encodeEventJson(message(Buffer.from('hello')))).toBe(
      '{"action":"message","connection":"c1","message":"hello","tags":"foo=bar","type":"text"}',
    );
  });

  it('of a binary message is base64 and says so', () => {
    expect(encodeEventJson(message(Uint8Array.of(0, 255, 10, 13), 'binary'))).toBe(
      '{"action":"message","connection":"c1","encoding":"base64","message":"AP8KDQ==","tags":"foo=bar","type":"binary"}',
    );
  });

  it('keeps an empty message', () => {
    expect(encodeEventJson(message(new Uint8Array(0)))).toContain('"message":"","tags"');
  });

  it('reads a message that is part of a larger buffer', () => {
    const large = Buffer.from('..hello..');
    expect(encodeEventJson(message(large.subarray(2, 7)))).toContain('"message":"hello"');
  });

  // The results of Go's encoding/json.
  it('escapes as Go does', () => {
    const text = '<a href="x">&\u2028\u2029\b\f\n\r\t\u0001\u001f\u007f\\/ä😀';
    expect(encodeEventJson(message(Buffer.from(text)))).toContain(
      String.raw`"message":"\u003ca href=\"x\"\u003e\u0026\u2028\u2029\b\f\n\r\t\u0001\u001f` + '\u007f\\\\/ä😀"',
    );
  });

  it('escapes the ampersands of tags', () => {
    const event: GatewayEvent = { id: '', sequence: 1, connection: 'c1', action: 'close', tags: 'a=1&b=2' };
    expect(encodeEventJson(event)).toBe(String.raw`{"action":"close","connection":"c1","tags":"a=1\u0026b=2"}`);
  });

  it('is one line that decodes to the message, for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const json = encodeEventJson(message(Buffer.from(text)));
        expect(json).not.toMatch(/[\r\n\u2028\u2029]/);
        expect(JSON.parse(json)).toMatchObject({ message: text });
      }),
    );
  });

  it('preserves every byte of a binary message', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const json: { message: string } = JSON.parse(encodeEventJson(message(bytes, 'binary')));
        expect(Uint8Array.from(Buffer.from(json.message, 'base64'))).toEqual(bytes);
      }),
    );
  });
});
