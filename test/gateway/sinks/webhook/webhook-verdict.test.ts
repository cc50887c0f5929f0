import { expect, it } from 'vitest';
import { judgeAnswer } from '../../../../src/gateway/sinks/webhook/webhook-sink.js';

const NOW = Date.UTC(2026, 0, 1);

it.each([
  [undefined, 0],
  ['3', 3_000],
  ['Thu, 01 Jan 2026 00:00:05 GMT', 5_000],
  ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
  ['soon', 0],
  ['86400', 60_000],
])('a receiver that says Retry-After: %s is asked again after %i ms', (retryAfter, delayMs) => {
  expect(judgeAnswer(503, retryAfter, NOW)).toEqual({ kind: 'away', retryAfterMs: delayMs });
});

it.each([
  [200, { kind: 'taken' }],
  [204, { kind: 'taken' }],
  [301, { kind: 'refused', blames: 'request' }],
  [400, { kind: 'refused', blames: 'event' }],
  [401, { kind: 'refused', blames: 'request' }],
  [413, { kind: 'refused', blames: 'event' }],
  [429, { kind: 'away', retryAfterMs: 0 }],
  [500, { kind: 'away', retryAfterMs: 0 }],
  [0, { kind: 'away', retryAfterMs: 0 }],
])('%i means %j', (status, verdict) => {
  expect(judgeAnswer(status, undefined, NOW)).toEqual(verdict);
});
