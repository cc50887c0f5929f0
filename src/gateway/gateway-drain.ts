import type { Clock } from '../core/clock.js';
import type { ConnectionRegistry } from './connection/registry.js';
import type { ConnectionDrain } from './delivery/connection-drain.js';
import { STOP_PART_MS, type PartStops } from './part-stops.js';
import type { PluginHost } from './plugin/plugin-host.js';
import type { Transport } from './transport/transport.js';

/** Longer than the 5 s after which delivery cuts connections that ignore a close frame. */
const CLOSE_BOUND_MS = 6_000;
/**
 * Wait after close frames are written. A peer that answers within this time sees a clean close
 * instead of a reset.
 */
const LINGER_MS = 100;

/** The parts of a process that end with its connections. */
export interface DrainedParts {
  readonly registry: ConnectionRegistry;
  readonly drain: ConnectionDrain;
  readonly plugins: PluginHost;
  readonly transport: Transport;
}

/** Longest time that `drainConnections` takes. */
export function drainBoundMs(spreadMs: number): number {
  return spreadMs + CLOSE_BOUND_MS + 2 * STOP_PART_MS + LINGER_MS;
}

/** Accepts no more connections and closes all of this process within `spreadMs`. */
export async function drainConnections(parts: DrainedParts, spreadMs: number, deps: DrainDeps): Promise<void> {
  const { registry, drain, plugins, transport } = parts;
  const { stops, clock } = deps;
  const connections = registry.size;
  await stops.stop('plugins', () => {
    transport.stopListening();
    return plugins.stop();
  });
  const run = () => drain.run(spreadMs, CLOSE_BOUND_MS);
  await stops.stop('connections', run, spreadMs + CLOSE_BOUND_MS + STOP_PART_MS);
  if (connections > 0) await new Promise<void>((resolve) => void clock.schedule(resolve, LINGER_MS));
}

/** Collaborators of `drainConnections`. */
export interface DrainDeps {
  readonly stops: PartStops;
  readonly clock: Clock;
}
