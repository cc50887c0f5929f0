import { expect, it } from 'vitest';
import { parseAck } from '../../../../src/gateway/sinks/nats/nats.js';
import { parseNatsAddr } from '../../../../src/gateway/sinks/nats/nats-connection.js';

it.each([
  ['nats://h', { servers: ['h'], tls: false }],
  ['nats://u:p%40@h:4222', { servers: ['h:4222'], tls: false, user: 'u', pass: 'p@' }],
  ['nats://to%2Bken@h', { servers: ['h'], tls: false, token: 'to+ken' }],
  ['tls://a, tls://u:p@[::1]:4223', { servers: ['a', '[::1]:4223'], tls: true, user: 'u', pass: 'p' }],
])('%s is read', (addr, expected) => {
  expect(parseNatsAddr(addr)).toEqual(expected);
});

it.each([
  ['{"stream":"s","seq":7}', { kind: 'stored', duplicate: false }],
  ['{"stream":"s", "seq":7,"duplicate": true}', { kind: 'stored', duplicate: true }],
  [
    '{"error":{"code":400,"err_code":10070,"description":"wrong last msg ID: x"},"stream":"s","seq":0}',
    { kind: 'denied', code: 10_070, why: 'wrong last msg ID: x' },
  ],
  ['+ACK', { kind: 'lost', why: 'an answer that is not an acknowledgement' }],
  ['{}', { kind: 'lost', why: 'an answer that is not an acknowledgement' }],
])('the answer %s to a publish is understood', (text, ack) => {
  expect(parseAck(text)).toEqual(ack);
});
