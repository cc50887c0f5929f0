import type { GatewayEvent } from '../event/gateway-event.js';

/** The places of all events, to be published at once. */
export function inOneWave(batch: readonly GatewayEvent[]): readonly (readonly number[])[] {
  return [[...batch.keys()]];
}

/** The places of events in waves: in each at most one of a connection, in order. */
export function wavesOfConnections(batch: readonly GatewayEvent[]): readonly (readonly number[])[] {
  const waves: number[][] = [];
  const nextWave = new Map<string, number>();
  for (const [index, { connection }] of batch.entries()) {
    const wave = nextWave.get(connection) ?? 0;
    nextWave.set(connection, wave + 1);
    const places = waves[wave] ?? [];
    places.push(index);
    waves[wave] = places;
  }
  return waves;
}
