import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../../src/core/clock.js';
import { createDialTarget } from '../../../src/loadgen/client/dial-target.js';
import { probeTarget } from '../../../src/loadgen/client/probe-target.js';

describe('probeTarget', () => {
  it('reports in one line that the server does not speak TLS', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const bound = server.address();
    const port = bound !== null && typeof bound === 'object' ? bound.port : 0;
    const url = `wss://127.0.0.1:${port}/`;
    await expect(
      probeTarget(
        { given: url, normalised: url },
        { dial: createDialTarget(url), clock: systemClock, signal: new AbortController().signal },
      ),
    ).rejects.toThrow(`${url} cannot be reached: the server on 127.0.0.1:${port} does not speak TLS; try ws://`);
  });
});
