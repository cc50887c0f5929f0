import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { GatewayEvent } from '../../../src/gateway/event/gateway-event.js';
import { SINKS } from '../../../src/gateway/sinks/index.js';
import { sinkPositions } from '../../../src/gateway/sinks/sink-definition.js';
import { fill, logFiles, recovered, textOf } from '../../support/left-log.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

/**
 * Two files by the version that wrote format 2, whose destinations were named: sinks `redis`, which
 * had acknowledged two events, and `nats`, which had acknowledged none. `a` was given new tags, and
 * `a`, `c` and `d` were open at the end.
 */
const WRITTEN_IN_FORMAT_2 = join(import.meta.dirname, 'written-in-format-2');

/** Where that version put the events of a room. */
function at(room: string): string[] {
  return [`stream-${room}`, `room.${room}`, `rooms.${room}`];
}

function view({ connection, action, tags, message, reason, destinations }: GatewayEvent): unknown[] {
  return [connection, action, tags, message && Buffer.from(message).toString('latin1'), reason, destinations];
}

it('a log of format 2 is read with the destinations of its events at their positions', async () => {
  const dir = await temporaryFolder();
  await cp(WRITTEN_IN_FORMAT_2, dir, { recursive: true });
  const events = await recovered(dir);
  expect(events.slice(0, 6).map(view)).toEqual([
    ['a', 'open', 'room=1', undefined, undefined, at('1')],
    ['b', 'open', 'room=2', undefined, undefined, at('2')],
    ['c', 'open', '', undefined, undefined, undefined],
    ['a', 'message', 'room=1', 'hello', undefined, at('1')],
    ['b', 'message', 'room=2', '\u00ffWSg\0', undefined, at('2')],
    ['b', 'close', 'room=2', undefined, 'closed_by_client', at('2')],
  ]);
  expect(events.slice(6, -4).map(textOf)).toEqual(
    Array.from({ length: 12 }, (_, index) => `${index + 1} ${'.'.repeat(60)}`),
  );
  expect(events.slice(-4).map(view)).toEqual([
    ['d', 'open', 'room=', undefined, undefined, ['stream-4', '', '']],
    ['a', 'close', 'room=ü', undefined, 'node_crashed', at('ü')],
    ['c', 'close', '', undefined, 'node_crashed', undefined],
    ['d', 'close', 'room=', undefined, 'node_crashed', ['stream-4', '', '']],
  ]);
});

it('the sinks with destinations have the positions of format 2, and new ones follow', () => {
  expect(sinkPositions(SINKS).slice(0, 3)).toEqual(['redis', 'amqp', 'nats']);
});

it('a log keeps the id that an event of a lost node had', async () => {
  const dir = await temporaryFolder();
  const originalId = '0007-1700000000000-42';
  const close = { connection: 'x', action: 'close', tags: 'a=b', reason: 'node_lost', destinations: ['d'] } as const;
  await fill(dir, [{ ...close, originalId }, close]);
  const [adopted, own] = await recovered(dir);
  expect(adopted).toMatchObject({ ...close, id: originalId });
  expect(own).toMatchObject(close);
  expect(own?.id).not.toBe(originalId);
});

it('a log holds as many destinations as there are sinks with destinations', async () => {
  const dir = await temporaryFolder();
  const destinations = ['a', '', 'c', '', 'é'];
  await fill(dir, [{ connection: 'x', action: 'open', tags: '', destinations }]);
  expect(await logFiles(dir)).toHaveLength(1);
  expect((await recovered(dir)).map((event) => event.destinations)).toEqual([destinations, destinations]);
});
