import { systemClock } from '../../src/core/clock.js';
import { silentLogger } from '../../src/core/logger.js';
import type { SinkDeps } from '../../src/gateway/sinks/event-sink.js';

/**
 * The collaborators of a sink that is the only one: the first destination of an event is its own.
 */
export function sinkDeps(changes: Partial<SinkDeps> = {}): SinkDeps {
  return { clock: systemClock, log: silentLogger, reportLimit: () => undefined, position: 0, ...changes };
}
