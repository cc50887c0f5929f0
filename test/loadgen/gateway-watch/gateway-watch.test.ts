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
    expect(parseGatewayCounters(metricsText(7))).toEqual({
      sent: 7,
      received: 3,
      dropped: 3,
      connections: 100,
      members: 0,
    });
  });

  it("rejects metrics that are not a gateway's", () => {
    expect(parseGatewayCounters('process_cpu_seconds_total 12.5\n')).toBeUndefined();
  });
});

describe('GatewayWatch', () => {
  let server: Server;
  let answers: string[];
  const records: GatewayRecord[] = [];
  const warnings: string[] = [];

  beforeEach(async () => {
    answers = [];
    records.length = 0;
    warnings.length = 0;
    server = createServer((_request, response) => response.end(answers.shift()));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });

  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  function watch(count = 1): GatewayWatch {
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const events = {
      recorded: (record: GatewayRecord) => records.push(record),
      warned: (text: string) => warnings.push(text),
    };
    const urls = Array.from({ length: count }, () => `http://127.0.0.1:${port}`);
    return new GatewayWatch(urls, events, systemClock);
  }

  it('counts from its start to its stop, whatever the initial counters', async () => {
    answers = [metricsText(1000), metricsText(1500)];
    const gateway = watch();
    await gateway.start();
    expect(await gateway.stop()).toMatchObject({ sent: 500, received: 0, dropped: 0, before: { sent: 1000 } });
    expect(records).toEqual([{ second: 0, sent: 500, received: 0, dropped: 0, connections: 100 }]);
  });

  it('reports a failure once, and has no totals then', async () => {
    answers = ['something else', 'something else'];
    const gateway = watch();
    await gateway.start();
    expect(await gateway.stop()).toBeUndefined();
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('does not contain the counters of a gateway');
  });

  it('adds up the counters of several gateways', async () => {
    answers = [metricsText(1000), metricsText(20), metricsText(1500), metricsText(30)];
    const gateways = watch(2);
    await gateways.start();
    expect(await gateways.stop()).toMatchObject({ sent: 510, received: 0, dropped: 0, before: { sent: 1020 } });
    expect(records).toEqual([{ second: 0, sent: 510, received: 0, dropped: 0, connections: 200 }]);
  });

  it('has no totals when one of several gateways cannot be read', async () => {
    answers = [metricsText(1000), metricsText(20), metricsText(1500), 'something else'];
    const gateways = watch(2);
    await gateways.start();
    expect(await gateways.stop()).toBeUndefined();
    expect(warnings).toHaveLength(1);
  });

  it('warns when the cluster has nodes that are not watched', async () => {
    const text = `${metricsText(1)}\nwsg_cluster_members 3`;
    answers = [text, text, text, text, text, text, text, text];
    const some = watch(2);
    await some.start();
    await some.stop();
    expect(warnings).toEqual([expect.stringContaining('a cluster of 3 nodes, and the counters of 2 are read')]);
    answers = [text, text, text, text, text, text, text, text];
    const all = watch(3);
    await all.start();
    await all.stop();
    expect(warnings).toHaveLength(1);
  });
});
