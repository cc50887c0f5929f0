import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/core/clock.js';
import { GatewayWatch, parseGatewayCounters } from '../../../src/loadgen/gateway-watch/gateway-watch.js';
import type { GatewayRecord } from '../../../src/run-file/records.js';

function metricsText(sent: number): string {
  return [
    '# HELP messages_sent_counter The number of websocket messages sent',
    `messages_sent_counter ${sent}`,
    'messages_recieved_counter 3',
    'messages_dropped_total{policy="close"} 1',
    'messages_dropped_total{policy="drop-oldest"} 2',
    'active_connections_gauge 100',
  ].join('\n');
}

describe('parseGatewayCounters', () => {
  it('adds up series with the same name', () => {
    expect(parseGatewayCounters(metricsText(7))).toEqual({ sent: 7, received: 3, dropped: 3, connections: 100 });
  });

  it("rejects metrics that are not a gateway's", () => {
    expect(parseGatewayCounters('process_cpu_seconds_total 12.5\n')).toBeUndefined();
  });
});

describe('GatewayWatch', () => {
  let server: Server;
  let answers: string[];
  const records: GatewayRecord[] = [];
  const failures: string[] = [];

  beforeEach(async () => {
    answers = [];
    records.length = 0;
    failures.length = 0;
    server = createServer((_request, response) => response.end(answers.shift()));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });

  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  function watch(): GatewayWatch {
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const events = {
      recorded: (record: GatewayRecord) => records.push(record),
      failed: (reason: string) => failures.push(reason),
    };
    return new GatewayWatch(`http://127.0.0.1:${port}`, events, systemClock);
  }

  it('counts from its start to its stop, whatever the initial counters', async () => {
    answers = [metricsText(1000), metricsText(1500)];
    const gateway = watch();
    await gateway.start();
    expect(await gateway.stop()).toEqual({ sent: 500, received: 0, dropped: 0 });
    expect(records).toEqual([{ second: 0, sent: 500, received: 0, dropped: 0, connections: 100 }]);
  });

  it('reports a failure once, and has no totals then', async () => {
    answers = ['something else', 'something else'];
    const gateway = watch();
    await gateway.start();
    expect(await gateway.stop()).toBeUndefined();
    expect(failures).toHaveLength(1);
    expect(failures[0]).toContain('does not contain the counters of a gateway');
  });
});
