import type { GatewayEvent } from '../event/gateway-event.js';

export interface ProbeSearch {
  readonly front: GatewayEvent;
  /** What waits behind it, in order. */
  readonly window: readonly GatewayEvent[];
  /** Whether the event may be offered out of turn. */
  readonly isFree: (event: GatewayEvent) => boolean;
  /** Another number finds others, so that several events at fault do not hide each other. */
  readonly rotation: number;
  readonly most: number;
}

/**
 * Events of other connections than the front one's that could show that the sink takes others: each
 * the first of its connection.
 */
export function probeCandidates({ front, window, isFree, rotation, most }: ProbeSearch): GatewayEvent[] {
  const seen = new Set<string>([front.connection]);
  const firsts: GatewayEvent[] = [];
  for (const event of window) {
    if (seen.has(event.connection)) continue;
    seen.add(event.connection);
    if (isFree(event)) firsts.push(event);
  }
  const found: GatewayEvent[] = [];
  for (let step = 0; step < Math.min(most, firsts.length); step++) {
    const event = firsts[(rotation * most + step) % firsts.length];
    if (event !== undefined) found.push(event);
  }
  return found;
}
