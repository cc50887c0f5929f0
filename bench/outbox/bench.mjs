// Appends events and delivers them to a sink that takes everything at once: what the outbox costs,
// in memory and with each way of writing. The CPU is this process's, the threads that write
// included.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '../../dist/core/logger.js';
import { systemClock } from '../../dist/core/clock.js';
import { EventOutbox } from '../../dist/gateway/outbox/event-outbox.js';

export const name = 'outbox';

const MIB = 1024 * 1024;
const WARM_UP_MS = 500;
const ROUND_MS = 2_000;
/** Number of events that one tick of a busy gateway appends. */
const EVENTS_A_TICK = 200;
const SIZES = [16, 1024];
const WAYS = [
  { name: 'memory', durability: 'memory', fsync: 'never', hasDir: false },
  { name: 'memory with a folder', durability: 'memory', fsync: 'interval', hasDir: true },
  { name: 'disk, fsync never', durability: 'disk', fsync: 'never', hasDir: true },
  { name: 'disk, fsync interval', durability: 'disk', fsync: 'interval', hasDir: true },
  { name: 'disk, fsync always', durability: 'disk', fsync: 'always', hasDir: true },
];

function sink() {
  return {
    name: 'takes-all',
    start: () => Promise.resolve(),
    deliver: (batch) => Promise.resolve({ settled: batch.length, refused: [] }),
    stop: () => Promise.resolve(),
  };
}

function outboxOf(way, dir) {
  const config = {
    maxEvents: 1_000_000,
    maxBytes: 64 * MIB,
    maxDiskBytes: 1024 * MIB,
    segmentBytes: 16 * MIB,
    connectionShare: 1,
    optionalMaxBytes: 16 * MIB,
    damaged: 'skip',
    deadLetterMaxBytes: 1024 * MIB,
    deadLetterPolicy: 'block',
    fsyncIntervalMs: 100,
    deadLetterDir: join(dir, 'dead-letters'),
    dir: way.hasDir ? join(dir, 'log') : undefined,
    durability: way.durability,
    fsync: way.fsync,
  };
  const boot = { node: '0000', epoch: Date.now() };
  const sinks = [{ sink: sink(), required: true }];
  return new EventOutbox({ boot, sinks, config, clock: systemClock, log: silentLogger });
}

/**
 * Appends a tick's worth of events per turn while there is room, for `forMs`. Returns the number of
 * acknowledged events.
 */
async function run(outbox, message, forMs) {
  const before = outbox.deliveredThrough;
  const until = performance.now() + forMs;
  while (performance.now() < until) {
    for (let event = 0; event < EVENTS_A_TICK && !outbox.isFull; event += 1) {
      outbox.append({
        connection: '00000000-0000-4000-8000-000000000000',
        action: 'message',
        type: 'text',
        tags: 'foo=bar',
        message,
      });
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  return outbox.deliveredThrough - before;
}

async function measureWay(way, bytes) {
  const dir = mkdtempSync(join(tmpdir(), 'wsg-bench-outbox-'));
  const outbox = outboxOf(way, dir);
  const message = Buffer.alloc(bytes, 'x');
  try {
    await outbox.start();
    await run(outbox, message, WARM_UP_MS);
    const [cpuBefore, begin] = [process.cpuUsage(), performance.now()];
    const events = await run(outbox, message, ROUND_MS);
    const { user, system } = process.cpuUsage(cpuBefore);
    const seconds = (performance.now() - begin) / 1000;
    return {
      outbox: way.name,
      'message bytes': bytes,
      'events/s': Math.round(events / seconds).toLocaleString('en'),
      'CPU us/event': ((user + system) / events).toFixed(2),
    };
  } finally {
    await outbox.stop(1_000);
    rmSync(dir, { recursive: true, force: true });
  }
}

export async function measure() {
  const rows = [];
  for (const bytes of SIZES) for (const way of WAYS) rows.push(await measureWay(way, bytes));
  const notes = [
    `${EVENTS_A_TICK} events are appended each turn of the event loop for ${ROUND_MS / 1000} s; the sink acknowledges at once.`,
    'events/s is of one thread and includes the wait for the disk; fsync costs what the device takes for it.',
  ];
  return { title: 'The outbox: append and deliver', rows, notes };
}
