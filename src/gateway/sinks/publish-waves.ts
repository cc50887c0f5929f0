import type { GatewayEvent } from '../event/gateway-event.js';

/** Events that are published at once, each with its index in the batch. */
export type PublishWave = readonly (readonly [index: number, event: GatewayEvent])[];

/** Publishes all events at once. */
export function inOneWave(batch: readonly GatewayEvent[]): readonly PublishWave[] {
  return [[...batch.entries()]];
}

/** Splits a batch so that each wave has at most one event of a connection, in order. */
export function wavesOfConnections(batch: readonly GatewayEvent[]): readonly PublishWave[] {
  const waves: [number, GatewayEvent][][] = [];
  const nextWave = new Map<string, number>();
  for (const entry of batch.entries()) {
    const { connection } = entry[1];
    const wave = nextWave.get(connection) ?? 0;
    nextWave.set(connection, wave + 1);
    const entries = waves[wave] ?? [];
    entries.push(entry);
    waves[wave] = entries;
  }
  return waves;
}
