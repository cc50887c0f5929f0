import type { Clock } from '../../core/clock.js';
import type { EventBoot } from '../event/event-id.js';
import type { QueueLimits } from '../event/event-queue.js';
import type { EventSink } from './event-sink.js';
import { MemorySink } from './memory-sink.js';

/** How a sink is configured, by kind. */
export type SinkOptions = { readonly kind: 'memory'; readonly limits?: QueueLimits };

/** What every sink is made with. */
export interface SinkSurroundings {
  readonly boot: EventBoot;
  readonly clock: Clock;
}

/** Makes the sink that `options` name; it acts only when started. */
export function createSink(options: SinkOptions, surroundings: SinkSurroundings): EventSink {
  switch (options.kind) {
    case 'memory':
      return new MemorySink({ ...surroundings, limits: options.limits });
  }
}
