import { z } from 'zod';
import { memoryKeys } from '../sinks/memory/memory-sink.js';
import { redisAddr } from '../redis/redis-addr.js';
import { DEFAULT_OUTBOX_LIMITS } from '../config/outbox-config.js';

const MIB = 1024 * 1024;

const outbox = z
  .object({
    max_bytes: z
      .int()
      .min(1024)
      .default(DEFAULT_OUTBOX_LIMITS.maxBytes)
      .describe('Bound on the memory of events that wait for a sink.'),
    max_events: z
      .int()
      .min(1)
      .default(DEFAULT_OUTBOX_LIMITS.maxEvents)
      .describe('Bound on the number of events that wait for a sink.'),
    dir: z
      .string()
      .default('')
      .describe('Folder of the log on disk, relative to this file; empty: memory only. One gateway per folder.'),
    durability: z
      .enum(['memory', 'disk'])
      .default('memory')
      .describe(
        '`disk` writes each event before a sink gets it; `memory` writes only events that a lagging sink leaves behind.',
      ),
    fsync: z
      .enum(['always', 'interval', 'never'])
      .default('interval')
      .describe('When written data is synced to the device.'),
    fsync_interval_ms: z.int().min(1).max(60_000).default(100).describe('Interval of `fsync: interval`.'),
    max_disk_bytes: z
      .int()
      .min(MIB)
      .default(1024 * MIB)
      .describe('Bound on the log; at the bound, backpressure stops clients.'),
    segment_bytes: z
      .int()
      .min(65_536)
      .default(16 * MIB)
      .describe('Size at which the log starts a new file.'),
    damaged: z
      .enum(['skip', 'strict'])
      .default('skip')
      .describe(
        'Behaviour of a start when the log is damaged before its end: `skip` delivers all readable events, reports the rest as an error and keeps a copy; `strict` exits.',
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
      .describe('Bound on the events that wait for an optional sink; above it, the sink misses events.'),
    suspect_tries: z
      .int()
      .min(2)
      .max(1_000)
      .default(10)
      .describe(
        'Attempts for an event that gets no clear answer while others pass, before it goes to the dead letters.',
      ),
    suspect_after_s: z
      .number()
      .min(0)
      .max(86_400)
      .default(120)
      .describe('Shortest time over which such an event is tried.'),
    destination_wait_s: z
      .number()
      .min(1)
      .max(604_800)
      .default(900)
      .describe('Longest wait of an event for a destination that is away while others are up.'),
    silent_after_s: z
      .number()
      .min(1)
      .max(3_600)
      .default(30)
      .describe('Time without an acknowledgement after which a sink counts as away.'),
    dead_letter_dir: z
      .string()
      .default('')
      .describe(
        'Folder for events that a sink refuses for good; empty: `dead-letters` in `outbox.dir`, or next to this file.',
      ),
    dead_letter_max_bytes: z
      .int()
      .min(65_536)
      .default(1024 * MIB)
      .describe("Bound on each sink's dead letters; one batch may exceed it."),
    dead_letter_policy: z
      .enum(['block', 'drop-oldest'])
      .default('block')
      .describe(
        'Policy at this bound: `block` makes the sink count as away until there is room, so nothing is lost; `drop-oldest` removes the oldest dead letters and counts them.',
      ),
  })
  .superRefine(({ durability, dir }, context) => {
    if (durability !== 'disk' || dir !== '') return;
    context.addIssue({ code: 'custom', path: ['durability'], message: "'disk' needs outbox.dir" });
  })
  .prefault({})
  .describe('The queue between events and sinks.');

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
      .describe('Time to live of the keys in Redis; a running node refreshes them.'),
  })
  .prefault({})
  .describe('Settings of the mirror.');

/** Keys of the outbox and the mirror. */
export const outboxKeys = {
  outbox,
  events: memoryKeys,
  connection_redis_sync: connectionRedisSync,
  mirror,
};
