import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { CLOSE_REASONS } from '../../../src/gateway/close-reason.js';
import { encodeEventJson } from '../../../src/gateway/event/event-json.js';
import type { GatewayEvent } from '../../../src/gateway/event/gateway-event.js';

const PAGE = new URL('../../../docs/reference/events.md', import.meta.url);

it('docs/reference/events.md shows the JSON of events', async () => {
  const shown = (await readFile(PAGE, 'utf8')).split('\n').filter((line) => line.startsWith('{'));
  const connection = '8f14e45f-ceea-467f-9d2c-3b1f6a4b00af';
  const base = { id: '', sequence: 1, connection, tags: 'foo=bar' } as const;
  const events: GatewayEvent[] = [
    { ...base, action: 'open' },
    { ...base, action: 'message', type: 'text', message: Buffer.from('hello') },
    { ...base, action: 'message', type: 'binary', message: Uint8Array.of(0, 255, 13, 10) },
  ];
  expect(shown).toEqual(events.map(encodeEventJson));
});

it('docs/reference/events.md lists each close reason of the catalogue', async () => {
  const rows = (await readFile(PAGE, 'utf8')).split('\n').filter((line) => /^\| `[a-z_]+` \| \d{4} /.test(line));
  const wanted = Object.entries(CLOSE_REASONS).map(
    ([name, { code, reason, when, startedBy, reconnect }]) =>
      `| \`${name}\` | ${code} ${reason}`.trimEnd() + ` | ${startedBy} | ${when} | ${reconnect ? 'yes' : 'no'} |`,
  );
  expect(rows).toEqual(wanted);
});
