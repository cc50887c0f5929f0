import { describe, expect, it } from 'vitest';
import { OPCODE } from '../support/raw-websocket.js';
import { RunningGateway } from '../support/running-gateway.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { EventStreamClient } from '../support/event-stream-client.js';

/** Nobody listens on it: no program may without privileges. */
const NOBODY = 'http://127.0.0.1:1/events';

describe('a gateway whose sink is unavailable', () => {
  it('accepts connections, and reports that it is buffering', async () => {
    const gateway = await RunningGateway.start({ stream_webhook: { url: NOBODY } });
    await gateway.connect();
    const response = await fetch(gateway.url('/readyz'));
    expect(response.status).toBe(200);
    const text = await response.text();
    expect(text).toMatch(/^buffering\n/);
    expect(text).toMatch(/\nsink_webhook: away required waiting=1 oldest_ms=\d+ refused=0 missed=0\n/);
    expect(text).toMatch(/\nsink_webhook_reason: .*127\.0\.0\.1:1/);
  });

  it('leaves its events to the next start, whose event stream resumes at their ids', async () => {
    const outbox = { dir: await temporaryFolder() };
    const drain = { close_spread_s: 0, flush_timeout_s: 0.1 };
    const first = await RunningGateway.start({ stream_webhook: { url: NOBODY }, outbox, drain });
    const client = await first.connect();
    client.send(OPCODE.text, 'hello');
    await expect.poll(() => first.get('/readyz')).toContain('waiting=2');
    await first.gateway.stop();
    expect(first.log.events).toContain('outbox.kept');

    const second = await RunningGateway.start({ outbox });
    await second.connect();
    const events = await second.events();
    const blocks = await events.nextBlocks(4);
    expect(blocks.map(({ event }) => event)).toEqual(['open', 'message', 'close', 'open']);
    const ids = blocks.map(({ id = '' }) => id);
    expect(ids.map((id) => id.split('-')[2])).toEqual(['1', '2', '3', '1']);
    for (const [index, id] of ids.slice(0, -1).entries()) {
      const resumed = await EventStreamClient.open(second.url(`/events?since=${id}`));
      const [, , next] = await resumed.nextBlocks(3);
      expect(next).toEqual(blocks[index + 1]);
    }
  });
});

describe('a gateway whose dead letters cannot be written', () => {
  it('does not start', async () => {
    const outbox = { dead_letter_dir: '/dev/null/dead-letters' };
    await expect(RunningGateway.start({ stream_webhook: { url: NOBODY }, outbox })).rejects.toMatchObject({
      code: 'outbox.unusable',
      message: expect.stringContaining('/dev/null/dead-letters') as unknown,
    });
    await RunningGateway.start({ outbox });
  });
});
