import { z } from 'zod';
import { memoryKeys } from '../sinks/memory/memory-sink.js';
import { redisAddr } from '../redis/redis-addr.js';
import { DEFAULT_OUTBOX_LIMITS } from '../config/sink-config.js';

const MIB = 1024 * 1024;

const outbox = z
  .object({
    max_bytes: z
      .int()
      .min(1024)
      .default(DEFAULT_OUTBOX_LIMITS.maxBytes)
      .describe('Bound on the events in memory that wait for a sink.'),
    max_events: z.int().min(1).default(DEFAULT_OUTBOX_LIMITS.maxEvents).describe('Bound on their number.'),
    dir: z
      .string()
      .default('')
      .describe('Folder of the log on disk, relative to this file; empty: memory alone. One gateway a folder.'),
    durability: z
      .enum(['memory', 'disk'])
      .default('memory')
      .describe(
        '`disk` writes each event before a sink sees it; `memory` writes only what a lagging sink leaves over.',
      ),
    fsync: z
      .enum(['always', 'interval', 'never'])
      .default('interval')
      .describe('When what was written is forced to the device.'),
    fsync_interval_ms: z.int().min(1).max(60_000).default(100).describe('Longest wait with `fsync: interval`.'),
    max_disk_bytes: z
      .int()
      .min(MIB)
      .default(1024 * MIB)
      .describe('Bound on the log; at the bound clients are held back.'),
    segment_bytes: z
      .int()
      .min(65_536)
      .default(16 * MIB)
      .describe('Size at which the log begins a new file.'),
    damaged: z
      .enum(['skip', 'strict'])
      .default('skip')
      .describe(
        'What a start does when the log is damaged before its end: `skip` delivers what can be read, reports the rest as an error and keeps a copy; `strict` ends.',
      ),
    connection_share: z
      .number()
      .min(0.01)
      .max(1)
      .default(0.5)
      .describe(
        'Share of the bound that the events of one connection may take (of max_disk_bytes with dir, else of max_bytes and max_events): above it this client alone is paused, or closed with 1013 where the transport cannot pause. 1: all of it.',
      ),
    optional_max_bytes: z
      .int()
      .min(1024)
      .default(16 * MIB)
      .describe('What may wait for a sink that is not required before it misses events.'),
    suspect_tries: z
      .int()
      .min(2)
      .max(1_000)
      .default(10)
      .describe('Tries of an event that gets no clear answer while others pass, before it goes to the dead letters.'),
    suspect_after_s: z.number().min(0).max(86_400).default(120).describe('How long such an event is tried at least.'),
    destination_wait_s: z
      .number()
      .min(1)
      .max(604_800)
      .default(900)
      .describe('How long an event waits for a destination that is away while others take theirs.'),
    silent_after_s: z
      .number()
      .min(1)
      .max(3_600)
      .default(30)
      .describe('A sink that has not acknowledged what it was offered for this time counts as away.'),
    dead_letter_dir: z
      .string()
      .default('')
      .describe(
        'Folder for events that a sink refuses for good; empty: `dead-letters` in `outbox.dir`, else beside this file.',
      ),
    dead_letter_max_bytes: z
      .int()
      .min(65_536)
      .default(1024 * MIB)
      .describe("Bound on each sink's dead letters; one batch may go beyond it."),
    dead_letter_policy: z
      .enum(['block', 'drop-oldest'])
      .default('block')
      .describe(
        'At that bound: with `block` the sink counts as away until there is room, and nothing is lost; `drop-oldest` removes the oldest dead letters, counted.',
      ),
  })
  .superRefine(({ durability, dir }, context) => {
    if (durability !== 'disk' || dir !== '') return;
    context.addIssue({ code: 'custom', path: ['durability'], message: "'disk' needs outbox.dir" });
  })
  .prefault({})
  .describe('What stands between events and sinks.');

const connectionRedisSync = z
  .object({ addr: redisAddr.describe('Redis URL; off when empty.') })
  .prefault({})
  .describe('Mirror of connection state in Redis.');

const mirror = z
  .object({
    ttl_s: z
      .int()
      .min(5)
      .max(86_400)
      .default(120)
      .describe('Life of the keys of a node that is gone; refreshed while it lives.'),
  })
  .prefault({})
  .describe('How the mirror in Redis is kept.');

/** Keys that say where events wait, and where connection state goes. */
export const outboxKeys = {
  outbox,
  events: memoryKeys,
  connection_redis_sync: connectionRedisSync,
  mirror,
};
