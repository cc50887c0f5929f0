import { readdir } from 'node:fs/promises';
import { expect } from 'vitest';
import type { OutboxConfig } from '../../src/gateway/config/outbox-config.js';
import type { GatewayEvent } from '../../src/gateway/event/gateway-event.js';
import type { EventOutbox } from '../../src/gateway/outbox/event-outbox.js';
import type { NewEvent } from '../../src/gateway/outbox/outbox.js';
import { ManualClock } from './manual-clock.js';
import { RecordingLogger } from './recording-logger.js';
import { REJECT, ScriptedSink } from './scripted-sink.js';
import { settle } from './settle.js';
import { testOutbox } from './test-outbox.js';

const LOGGED = { durability: 'disk', fsync: 'never' } as const;

/**
 * Leaves in `dir` the log of a process that accepted these events while its sink was unavailable.
 */
export async function fill(
  dir: string,
  accepted: readonly NewEvent[],
  { epoch = 1_700_000_000_000, segmentBytes = 3_000 }: { readonly epoch?: number; readonly segmentBytes?: number } = {},
): Promise<void> {
  const away = Array.from({ length: 1000 }, () => REJECT);
  const clock = new ManualClock();
  const boot = { node: '00af', epoch };
  const outbox = testOutbox([new ScriptedSink('s', away)], { boot, clock, config: { dir, ...LOGGED, segmentBytes } });
  await outbox.start();
  for (const each of accepted) expect(outbox.append(each)).toBeGreaterThan(0);
  await leave(outbox, clock);
}

/** Starts the next process on `dir`; resolves with the events that it delivers. */
export async function recovered(
  dir: string,
  { log = new RecordingLogger(), config = {} }: { log?: RecordingLogger; config?: Partial<OutboxConfig> } = {},
): Promise<readonly GatewayEvent[]> {
  const sink = new ScriptedSink('s');
  const clock = new ManualClock();
  const boot = { node: '00af', epoch: 1_800_000_000_000 };
  const outbox = testOutbox([sink], { boot, clock, log, config: { dir, ...LOGGED, ...config } });
  await outbox.start();
  await settle(() => {
    clock.advance(100);
    return outbox.state().events === 0;
  });
  await leave(outbox, clock);
  return sink.taken;
}

export async function logFiles(dir: string): Promise<string[]> {
  return (await readdir(dir)).filter((file) => file.endsWith('.log')).toSorted();
}

/** Numbered messages of one connection, filled up to `bytes`. */
export function numbered(count: number, bytes = 0): NewEvent[] {
  return Array.from({ length: count }, (_, index) => ({
    connection: 'n',
    action: 'message',
    type: 'text',
    tags: '',
    message: Buffer.from(`number-${index + 1}.`.padEnd(bytes, '.')),
  }));
}

export function textOf({ action, message }: Pick<NewEvent, 'action' | 'message'>): string {
  return message === undefined ? action : Buffer.from(message).toString();
}

/** Writes the accepted events to the log and ends without delivering any. */
async function leave(outbox: EventOutbox, clock: ManualClock): Promise<void> {
  let left: number | undefined;
  const stopping = outbox.stop(0).then((lost) => (left = lost));
  await settle(() => {
    clock.advance(0);
    return left !== undefined;
  });
  expect(await stopping).toBe(0);
}
