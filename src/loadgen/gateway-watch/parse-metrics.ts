/** A gateway's counters at a moment. */
export interface GatewayCounters {
  readonly sent: number;
  readonly received: number;
  readonly dropped: number;
  readonly connections: number;
}

const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{[^}]*\})?\s+(\S+)/;

/**
 * Reads the counters from Prometheus text; series of one name are added up. Undefined when it is
 * not a gateway's.
 */
export function parseGatewayCounters(text: string): GatewayCounters | undefined {
  const sums = new Map<string, number>();
  for (const line of text.split('\n')) {
    const match = SAMPLE.exec(line);
    const name = match?.[1];
    if (name !== undefined) sums.set(name, (sums.get(name) ?? 0) + Number(match?.[2]));
  }
  const sent = sums.get('messages_sent_counter');
  const received = sums.get('messages_recieved_counter');
  if (sent === undefined || received === undefined) return undefined;
  return {
    sent,
    received,
    dropped: sums.get('messages_dropped_total') ?? 0,
    connections: sums.get('active_connections_gauge') ?? 0,
  };
}
