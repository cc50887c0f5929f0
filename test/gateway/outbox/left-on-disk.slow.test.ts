import { describe, expect, it, onTestFinished } from 'vitest';
import type { OutboxConfig } from '../../../src/gateway/config/outbox-config.js';
import type { GatewayEvent } from '../../../src/gateway/event/gateway-event.js';
import { NEVER_FITS, type NewEvent } from '../../../src/gateway/outbox/outbox.js';
import { Backend, CrashingOutbox } from '../../support/crashing-outbox.js';

const KIB = 1024;
const SMALL = { maxBytes: 48 * KIB, segmentBytes: 8 * KIB, maxDiskBytes: 512 * KIB } as const;

async function create(config: Partial<OutboxConfig>) {
  const backend = new Backend();
  const rig = await CrashingOutbox.create(new Map([['b', backend]]), { ...SMALL, durability: 'disk', ...config });
  onTestFinished(() => rig.remove());
  await rig.start();
  return { rig, backend };
}

function message(number: number, connection: string): NewEvent {
  return { connection, action: 'message', type: 'text', tags: '', message: Buffer.from(`${number}`.padEnd(100)) };
}

function numbers(events: readonly GatewayEvent[]): number[] {
  return events.flatMap(({ message: bytes }) => (bytes === undefined ? [] : [Number(Buffer.from(bytes).toString())]));
}

describe('an event that waits only on disk', () => {
  it('counts as waiting: a message above a share of the bound is refused until it is delivered', async () => {
    const { rig, backend } = await create({ connectionShare: 0.05 });
    backend.isAway = true;
    for (let number = 1; number <= 20; number++) rig.append(message(number, 'c'));
    await rig.stop();
    await rig.start();
    // None of it is in memory: the process that accepted it has ended.
    const large: NewEvent = { ...message(1, 'large'), message: Buffer.alloc(40 * KIB) };
    expect(rig.outbox.append(large)).toBe(NEVER_FITS);
    expect(rig.outbox.state().events).toBe(20);
    expect(rig.log.lines.at(-1)).toMatchObject({ event: 'outbox.message-too-large', fields: { connection: 'large' } });
    backend.isAway = false;
    await rig.deliverAll();
    expect(rig.outbox.append(large)).toBeGreaterThan(0);
  });
});

describe('events that wait aside when the process is killed', () => {
  it('are delivered in order after the next start, and only events that passed them are repeated', async () => {
    const { rig, backend } = await create({ fsync: 'always' });
    const ofSuspect = ({ connection, message: bytes }: GatewayEvent) =>
      connection === 'suspect' && bytes?.[0] === '3'.charCodeAt(0);
    backend.dislikes = ofSuspect;
    for (let number = 1; number <= 5; number++) {
      for (const connection of ['before', 'suspect', 'beside']) rig.append(message(number, connection));
      await rig.passUntil(() => rig.outbox.state().sinks[0]?.waiting === Math.max(0, number - 2));
    }
    await rig.passUntil(() => rig.outbox.state().sinks[0]?.aside.events === 3);
    const first = backend.taken.splice(0).map(({ connection, id }) => ({ connection, id }));
    rig.kill();
    backend.dislikes = () => false;
    await rig.start();
    await rig.deliverAll();
    const own = (name: string) => numbers(backend.events.filter(({ connection }) => connection === name));
    for (const name of ['before', 'suspect', 'beside']) expect(own(name)).toEqual([1, 2, 3, 4, 5]);
    const oldest = first.findIndex(({ connection, id }) => connection === 'suspect' && id.endsWith('-5'));
    expect(oldest).toBeGreaterThan(0);
    // Events delivered before the oldest event aside are not repeated.
    const repeated = new Set(backend.taken.map(({ id }) => id));
    expect(first.slice(0, oldest + 1).filter(({ id }) => repeated.has(id))).toEqual([]);
  });
});
