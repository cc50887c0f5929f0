import { expect, it } from 'vitest';
import { silentLogger } from '../../../src/core/logger.js';
import { askHandler } from '../../../src/gateway/transport/upgrade-decision.js';
import { RecordingHandler } from './recording-handler.js';

const ENDPOINT = { path: '/ws', maxMessageBytes: 1, idleTimeoutS: 8, maxBufferedBytes: 1, compression: false };
const REQUEST = { method: 'GET', path: '/ws', query: '', headers: new Map(), remoteAddress: '127.0.0.1' };

it('answers 503 with Retry-After when the handler times out', async () => {
  const handler = new RecordingHandler();
  handler.onUpgrade = () => new Promise(() => undefined);
  const decision = askHandler({ handler, endpoint: ENDPOINT, log: silentLogger, timeoutMs: 1 }, REQUEST);
  expect(await decision).toMatchObject({ accept: false, status: 503, headers: { 'Retry-After': '1' } });
});
