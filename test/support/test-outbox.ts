import { onTestFinished } from 'vitest';
import { silentLogger } from '../../src/core/logger.js';
import { systemClock } from '../../src/core/clock.js';
import type { OutboxConfig } from '../../src/gateway/config/outbox-config.js';
import { EventOutbox, type EventOutboxOptions } from '../../src/gateway/outbox/event-outbox.js';
import type { EventSink } from '../../src/gateway/sinks/event-sink.js';
import { ManualClock } from './manual-clock.js';
import { RecordingLogger } from './recording-logger.js';
import { settle } from './settle.js';
import { TEST_BOOT } from './test-event.js';

const MIB = 1024 * 1024;

/**
 * The defaults of the configuration reference, except that the folder for dead letters cannot be
 * made: tests expect none.
 */
const DEFAULT_CONFIG: OutboxConfig = {
  maxEvents: 1_000_000,
  maxBytes: 64 * MIB,
  dir: undefined,
  durability: 'memory',
  fsync: 'interval',
  fsyncIntervalMs: 100,
  maxDiskBytes: 1024 * MIB,
  segmentBytes: 16 * MIB,
  connectionShare: 1,
  optionalMaxBytes: 16 * MIB,
  damaged: 'skip',
  lanes: { suspectTries: 10, suspectAfterMs: 120_000, destinationWaitMs: 900_000 },
  silentAfterMs: 30_000,
  deadLetterDir: '/dev/null/dead-letters',
  deadLetterMaxBytes: 1024 * MIB,
  deadLetterPolicy: 'block',
};

/** A configuration of an outbox: the defaults with a test's changes. */
export function outboxConfig(changes: Partial<OutboxConfig> = {}): OutboxConfig {
  return { ...DEFAULT_CONFIG, ...changes };
}

/** An outbox whose sinks are all required, with a test's changes. */
export function testOutbox(
  sinks: readonly EventSink[],
  {
    config,
    ...options
  }: Partial<Omit<EventOutboxOptions, 'config' | 'sinks'>> & { config?: Partial<OutboxConfig> } = {},
): EventOutbox {
  return new EventOutbox({
    boot: TEST_BOOT,
    clock: systemClock,
    log: silentLogger,
    ...options,
    sinks: sinks.map((sink) => ({ sink, required: true })),
    config: outboxConfig(config),
  });
}

/** An outbox on the test's clock. It is not started, and stops at the end of the test. */
export function manualOutbox(
  sinks: EventOutboxOptions['sinks'],
  { config, ...changes }: Partial<Pick<EventOutboxOptions, 'gate' | 'batch'>> & { config?: Partial<OutboxConfig> } = {},
) {
  const [clock, log] = [new ManualClock(), new RecordingLogger()];
  const outbox = new EventOutbox({ boot: TEST_BOOT, sinks, clock, log, config: outboxConfig(config), ...changes });
  onTestFinished(async () => {
    let isStopped = false;
    outbox.stop(0).then(
      () => (isStopped = true),
      () => (isStopped = true),
    );
    await settle(() => {
      clock.advance(1_000);
      return isStopped;
    });
  });
  return { outbox, clock, log };
}
