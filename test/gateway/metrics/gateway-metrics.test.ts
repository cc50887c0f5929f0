import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { createDeliveryCounters } from '../../../src/gateway/delivery/delivery-counters.js';
import { DurationCounts } from '../../../src/gateway/metrics/duration-counts.js';
import { GatewayCounters } from '../../../src/gateway/metrics/gateway-counters.js';
import { GatewayMetrics } from '../../../src/gateway/metrics/gateway-metrics.js';

function createMetrics(counters = new GatewayCounters(), delivery = createDeliveryCounters()): GatewayMetrics {
  return new GatewayMetrics({
    counters,
    delivery,
    outbox: () => ({
      events: 3,
      bytes: 300,
      maxBytes: 1000,
      diskBytes: 0,
      diskSegments: 0,
      maxDiskBytes: 0,
      heldBytes: 70,
      sharesReached: 3,
      full: true,
      damage: { places: 1, bytes: 40, events: 2 },
      sinks: [
        {
          name: 'memory',
          required: true,
          status: 'up',
          reason: undefined,
          waiting: 3,
          oldestMs: 1500,
          aside: { events: 2, destinations: 1, reason: 'x' },
          unjudged: 'id',
          refused: 5,
          letters: { letters: 5, bytes: 900, dropped: 1 },
          missed: 6,
        },
      ],
    }),
    ring: () => ({ events: 1, bytes: 100, readers: 2, tooLarge: 0 }),
    mirror: () => ({ isUp: true, pending: 8, opensLate: 9, rebuilds: 1, refused: 0 }),
    cluster: {
      state: () => ({
        engine: 'nats',
        isUp: true,
        isDeaf: false,
        members: 3,
        suspects: 1,
        calls: 10,
        callsApplied: 20,
        callsRepeated: 2,
        callsLate: 1,
        callsIgnored: 4,
        silent: new Map([['0002', 5]]),
        framesLost: new Map([['0003', 6]]),
        messagesRefused: new Map([['absent', 7]]),
      }),
      echo: new DurationCounts(),
    },
    lostNodes: () => ({ claims: 1, closes: 200, declaredDead: 3, lateEvents: 4 }),
    workers: {
      refresh: async () => undefined,
      workers: () => [{ worker: '2', isUp: true, cpuS: 1.5, rssBytes: 1_000, loopLagS: 0.25, connections: 3 }],
    },
    connections: () => 4,
    backlog: () => ({ connections: 2, bytes: 77 }),
    sendDurations: new DurationCounts(),
    droppedLogLines: () => 0,
    transport: 'ws',
    version: '1.2.3',
  });
}

it('figures are read each time, and never added to earlier ones', async () => {
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
      'outbox_share_reached_total 3',
      'outbox_full 1',
      'sink_lag_events{sink="memory"} 3',
      'sink_lag_seconds{sink="memory"} 1.5',
      'sink_up{sink="memory"} 1',
      'sink_unjudged_events{sink="memory"} 1',
      'sink_refused_total{sink="memory"} 5',
      'sink_missed_total{sink="memory"} 6',
      'delivery_waiting_bytes 77',
      'mirror_up 1',
      'mirror_opens_late_total 9',
      'wsg_cluster_members 3',
      'wsg_cluster_foreign_calls_total{outcome="repeated"} 2',
      'wsg_cluster_silent_total{node="0002"} 5',
      'wsg_cluster_frames_lost_total{node="0003"} 6',
      'wsg_cluster_node_lost_closes_total 200',
      'wsg_worker_up{worker="2"} 1',
      'wsg_worker_cpu_seconds_total{worker="2"} 1.5',
      'wsg_worker_resident_memory_bytes{worker="2"} 1000',
      'wsg_worker_event_loop_lag_seconds{worker="2"} 0.25',
      'wsg_worker_connections{worker="2"} 3',
      'transport_info{transport="ws"} 1',
      'wsg_build_info{version="1.2.3"} 1',
    ]),
  );
});

it('two gateways in one process have separate counters', async () => {
  const first = new GatewayCounters();
  first.messagesReceived = 1;
  expect(await createMetrics(first).text()).toContain('messages_recieved_counter 1\n');
  expect(await createMetrics().text()).toContain('messages_recieved_counter 0\n');
});

it('the reference lists exactly these metrics, each with its type', async () => {
  const page = await readFile(new URL('../../../docs/reference/metrics.md', import.meta.url), 'utf8');
  const listed = [...page.matchAll(/^\| `([a-z_]+)(?:\{[a-z]+\})?` \| (\w+) \|/gm)].map(
    ([, name, type]) => `${name} ${type}`,
  );
  const text = await createMetrics().text();
  const told = [...text.matchAll(/^# TYPE (\S+ \w+)$/gm)].map(([, metric = '']) => metric);
  const ours = told.filter((metric) => !/^(process|nodejs)_/.test(metric));
  expect(ours.length).toBeGreaterThan(25);
  expect(listed.sort()).toEqual(ours.sort());
});

it("the old program's five keep their names and help texts", async () => {
  const text = await createMetrics().text();
  expect(text).toContain('# HELP messages_sent_counter The number of websocket messages sent\n');
  expect(text).toContain('# HELP messages_recieved_counter The number of websocket messages\n');
  expect(text).toContain('# HELP connections_counter The number of websocket connections made\n');
  expect(text).toContain('# HELP disconnections_counter The number of websocket disconnections made\n');
  expect(text).toContain('# HELP active_connections_gauge The number of active websocket connections\n');
});
