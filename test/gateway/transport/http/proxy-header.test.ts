import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MAX_PROXY_HEADER_BYTES, parseProxyHeader } from '../../../../src/gateway/transport/http/proxy-protocol.js';
import { proxyV2 } from '../../../support/proxy-header.js';

const parse = (text: string) => parseProxyHeader(Buffer.from(text, 'latin1'));

it.each([
  ['PROXY TCP4 203.0.113.7 10.0.0.1 4711 443\r\nGET', { address: '203.0.113.7', port: 4711 }, 42],
  ['PROXY TCP6 2001:DB8:0:0::7 ::1 1 65535\r\n', { address: '2001:db8::7', port: 1 }, 40],
  ['PROXY TCP6 ::ffff:203.0.113.7 ::1 1 2\r\n', { address: '203.0.113.7', port: 1 }, 39],
  ['PROXY UNKNOWN\r\n', 'unknown', 15],
  ['PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n', 'unknown', 35],
])('reads version 1: %j', (text, source, bytes) => {
  expect(parse(text)).toEqual({ kind: 'complete', source, bytes });
});

it.each([
  'GET / HTTP/1.1\r\n',
  'PROXX',
  'PROXY TCP4 203.0.113.7 10.0.0.1 4711\r\n',
  'PROXY TCP4 203.0.113.7 10.0.0.1 4711 99999\r\n',
  'PROXY TCP4 203.0.113.07 10.0.0.1 1 2\r\n',
  'PROXY TCP4 ::1 ::1 1 2\r\n',
  'PROXY TCP6 203.0.113.7 10.0.0.1 1 2\r\n',
  'PROXY TCP4 203.0.113.7 10.0.0.1 1 2 3\r\n',
  'PROXY TCP5 203.0.113.7 10.0.0.1 1 2\r\n',
  `PROXY UNKNOWN ${'x'.repeat(100)}\r\n`,
])('refuses %j', (text) => {
  expect(parse(text).kind).toBe('invalid');
});

it('parses version 2 of both families, with extensions, and headers without a source', () => {
  const v4 = proxyV2({ family: 1, address: [203, 0, 113, 7], port: 4711, extensions: 9 });
  expect(parseProxyHeader(Buffer.concat([v4, Buffer.from('GET')]))).toEqual({
    kind: 'complete',
    source: { address: '203.0.113.7', port: 4711 },
    bytes: v4.length,
  });
  const v6 = proxyV2({ family: 2, address: [0x20, 1, 0xd, 0xb8, ...Array.from({ length: 11 }, () => 0), 7], port: 1 });
  expect(parseProxyHeader(v6)).toMatchObject({ source: { address: '2001:db8::7', port: 1 } });
  expect(parseProxyHeader(proxyV2({ family: 0 }))).toMatchObject({ kind: 'complete', source: 'unknown' });
  expect(parseProxyHeader(proxyV2({ family: 3, extensions: 216 }))).toMatchObject({ source: 'unknown' });
  expect(parseProxyHeader(proxyV2({ command: 0 }))).toMatchObject({ kind: 'complete', source: 'proxy', bytes: 16 });
});

it('refuses version 2 headers that are too short for their addresses, too long, or have another version or command', () => {
  expect(parseProxyHeader(proxyV2({ family: 1, extensions: 11 })).kind).toBe('invalid');
  expect(parseProxyHeader(proxyV2({ extensions: MAX_PROXY_HEADER_BYTES })).kind).toBe('invalid');
  expect(parseProxyHeader(proxyV2({ version: 3 })).kind).toBe('invalid');
  expect(parseProxyHeader(proxyV2({ command: 2 })).kind).toBe('invalid');
});

it('waits for the rest of a header split at any byte', () => {
  const v1 = Buffer.from('PROXY TCP4 203.0.113.7 10.0.0.1 4711 443\r\n');
  const v2 = proxyV2({ family: 1, address: [203, 0, 113, 7], port: 4711, extensions: 5 });
  for (const header of [v1, v2]) {
    for (let length = 0; length < header.length; length += 1) {
      expect(parseProxyHeader(header.subarray(0, length))).toEqual({ kind: 'incomplete' });
    }
  }
});

/**
 * Whether what was read is possible: nothing beyond the bytes that are there, no wait beyond the
 * bound.
 */
function isPossible(bytes: Buffer): boolean {
  const header = parseProxyHeader(bytes);
  if (header.kind === 'complete') return header.bytes <= bytes.length;
  return header.kind === 'invalid' || bytes.length < MAX_PROXY_HEADER_BYTES;
}

it('never throws, never reads past the end, and never waits beyond its limit', () => {
  const start = fc.constantFrom(Buffer.alloc(0), Buffer.from('PROXY '), Buffer.from('PROXY TCP4 '), proxyV2({}));
  const wild = fc.property(start, fc.uint8Array({ maxLength: 5000 }), (head, tail) =>
    isPossible(Buffer.concat([head, tail])),
  );
  const mutated = fc.property(fc.nat(27), fc.nat(255), (at, value) => {
    const bytes = proxyV2({ family: 1, address: [203, 0, 113, 7], port: 4711 });
    bytes.writeUInt8(value, at);
    return isPossible(bytes);
  });
  expect(fc.check(wild, { numRuns: 2000 }).failed).toBe(false);
  expect(fc.check(mutated, { numRuns: 2000 }).failed).toBe(false);
});
