import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { createDeliveryCounters } from '../../../src/gateway/delivery/delivery-counters.js';
import { GatewayCounters } from '../../../src/gateway/metrics/gateway-counters.js';
import { GatewayMetrics } from '../../../src/gateway/metrics/gateway-metrics.js';

function createMetrics(counters = new GatewayCounters(), delivery = createDeliveryCounters()): GatewayMetrics {
  return new GatewayMetrics({
    counters,
    delivery,
    outbox: () => ({ events: 3, bytes: 300, maxBytes: 1000, full: true, lagging: new Map([['memory', 3]]) }),
    ring: () => ({ events: 1, bytes: 100, readers: 2, tooLarge: 0 }),
    connections: () => 4,
    transport: () => 'ws',
  });
}

test('figures are read anew each time, and never added to what was read before', async () => {
  const counters = new GatewayCounters();
  const delivery = createDeliveryCounters();
  const metrics = createMetrics(counters, delivery);
  delivery.messagesSent = 5;
  delivery.dropped['drop-oldest'] = 2;
  counters.countClose('slow_client');
  await metrics.text();
  delivery.messagesSent = 7;
  counters.countClose('slow_client');
  const lines = (await metrics.text()).split('\n');
  expect(lines).toEqual(
    expect.arrayContaining([
      'messages_sent_counter 7',
      'messages_dropped_total{policy="drop-oldest"} 2',
      'connections_closed_total{reason="slow_client"} 2',
      'active_connections_gauge 4',
      'outbox_full 1',
      'sink_lag_events{sink="memory"} 3',
      'transport_info{transport="ws"} 1',
    ]),
  );
});

test('two gateways in one process count apart', async () => {
  const first = new GatewayCounters();
  first.messagesReceived = 1;
  expect(await createMetrics(first).text()).toContain('messages_recieved_counter 1\n');
  expect(await createMetrics().text()).toContain('messages_recieved_counter 0\n');
});

test('the reference names every metric of ours', async () => {
  const page = await readFile(new URL('../../../docs/reference/http-api.md', import.meta.url), 'utf8');
  const text = await createMetrics().text();
  const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name);
  const ours = names.filter((name) => !/^(process|nodejs)_/.test(name));
  expect(ours.length).toBeGreaterThan(15);
  expect(ours.filter((name) => !page.includes(`\`${name}`))).toEqual([]);
});
