import { expect, it } from 'vitest';
import { systemClock } from '../../../src/core/clock.js';
import { createDeliveryCounters } from '../../../src/gateway/delivery/delivery-counters.js';
import { DurationCounts } from '../../../src/gateway/metrics/duration-counts.js';
import { FigureTotals } from '../../../src/gateway/metrics/figure-totals.js';
import { GatewayCounters } from '../../../src/gateway/metrics/gateway-counters.js';
import { parseWorkerFigures, readWorkerFigures } from '../../../src/gateway/metrics/worker-figures.js';
import { FigureReports } from '../../../src/gateway/workers/figure-reports.js';
import { FigureRequests } from '../../../src/gateway/workers/figure-requests.js';
import { linkPair } from '../../support/link-pair.js';
import { settle } from '../../support/settle.js';

const MIRROR = { isUp: true, pending: 0, opensLate: 0, rebuilds: 0, refused: 0 };

function supervisor() {
  const own = { counters: new GatewayCounters(), sendDurations: new DurationCounts(), droppedLogLines: () => 1 };
  const totals = new FigureTotals(own);
  const requests = new FigureRequests({
    clock: systemClock,
    onFigures: (worker, given) => {
      const figures = parseWorkerFigures(given);
      if (figures === undefined) throw new Error('the frame has no figures');
      totals.heard(worker, figures);
    },
    onSilent: (worker) => totals.silent(worker),
    onGone: (worker) => totals.gone(worker),
  });
  const refresh = async () => {
    await requests.refresh();
    totals.add();
  };
  return { own, totals, requests, refresh };
}

async function addWorker(requests: FigureRequests, worker: number) {
  const pair = await linkPair(worker);
  const counters = new GatewayCounters();
  const [delivery, sendDurations] = [createDeliveryCounters(), new DurationCounts()];
  const sources = {
    counters,
    delivery,
    sendDurations,
    backlog: () => ({ connections: worker, bytes: 10 * worker }),
    connections: () => 100 * worker,
    heldBytes: () => 7,
    mirror: () => ({ isUp: worker === 1, pending: 2, opensLate: 1, rebuilds: 1, refused: 0 }),
    droppedLogLines: () => 2,
  };
  const read = (lagMs: number) => readWorkerFigures(sources, lagMs);
  void new FigureReports({ link: pair.worker, clock: systemClock, read });
  requests.attach(pair.supervisor);
  return { ...pair, counters, delivery, sendDurations };
}

it('adds up what the workers and the supervisor count', async () => {
  const { own, totals, requests, refresh } = supervisor();
  const workers = [await addWorker(requests, 1), await addWorker(requests, 2)];
  for (const { counters, delivery, sendDurations } of workers) {
    counters.messagesReceived += 5;
    counters.connectionsOpened += 3;
    counters.countClose('slow_client');
    counters.countRefusal('max_connections');
    counters.countUpgrade(false, 3);
    delivery.messagesSent += 50;
    delivery.dropped['drop-oldest'] += 4;
    sendDurations.record(7);
  }
  own.counters.countClose('worker_crashed');
  own.counters.countPlainRefusal('open_files');
  own.sendDurations.record(0.2);
  await refresh();
  const { counters, delivery, sendDurations } = totals;
  expect(counters).toMatchObject({ messagesReceived: 10, connectionsOpened: 6, connectionsClosed: 3 });
  expect(counters.closedByReason).toEqual(
    new Map([
      ['worker_crashed', 1],
      ['slow_client', 2],
    ]),
  );
  expect(counters.refusedByReason).toEqual(new Map([['max_connections', 2]]));
  expect(counters.plainRefusedByReason).toEqual(new Map([['open_files', 1]]));
  expect(counters.handshakeDurations.sumMs).toBe(6);
  expect(delivery).toMatchObject({ messagesSent: 100, dropped: { close: 0, 'drop-oldest': 8 } });
  expect([sendDurations.sumMs, sendDurations.counts.reduce((sum, one) => sum + one, 0)]).toEqual([14.2, 3]);
  expect(totals.backlog()).toEqual({ connections: 3, bytes: 30 });
  expect([totals.heldBytes, totals.droppedLogLines()]).toEqual([14, 5]);
  expect(totals.mirror(MIRROR)).toEqual({ isUp: false, pending: 4, opensLate: 2, rebuilds: 2, refused: 0 });
  expect(totals.workers()).toMatchObject([
    { worker: '1', isUp: true, connections: 100 },
    { worker: '2', isUp: true, connections: 200 },
  ]);
  for (const { cpuS, rssBytes } of totals.workers()) expect(cpuS * rssBytes).toBeGreaterThan(0);
  await refresh();
  expect(totals.counters.messagesReceived).toBe(10);
});

it('keeps the counts of workers that are gone, and none of their gauges', async () => {
  const { totals, requests, refresh } = supervisor();
  for (let start = 1; start <= 4; start += 1) {
    const { worker, counters, delivery } = await addWorker(requests, 1);
    counters.messagesReceived = 10;
    counters.countClose('drain');
    delivery.messagesSent = 5;
    await refresh();
    expect([totals.counters.messagesReceived, totals.delivery.messagesSent]).toEqual([10 * start, 5 * start]);
    worker.destroy('killed');
    await settle(() => totals.workers().length === 0);
    await refresh();
    expect(totals.counters.messagesReceived).toBe(10 * start);
    expect(totals.counters.closedByReason.get('drain')).toBe(start);
    expect(totals.backlog()).toEqual({ connections: 0, bytes: 0 });
    expect(totals.mirror(MIRROR)).toMatchObject({ isUp: true, pending: 0, opensLate: start });
  }
});

it('takes the last figures of a worker that does not answer, and marks it', async () => {
  const { totals, requests, refresh } = supervisor();
  const { worker, counters, socketsOf } = await addWorker(requests, 1);
  counters.messagesReceived = 10;
  await refresh();
  socketsOf(worker).input.pause();
  await refresh();
  expect(totals.workers()).toMatchObject([{ worker: '1', isUp: false }]);
  expect(totals.counters.messagesReceived).toBe(10);
});

it('receives the figures of a worker each second without asking', async () => {
  const { totals, requests } = supervisor();
  const { counters } = await addWorker(requests, 3);
  counters.messagesReceived = 7;
  await settle(() => totals.workers().length === 1);
  totals.add();
  expect(totals.counters.messagesReceived).toBe(7);
});

it('knows figures from anything else', () => {
  expect(parseWorkerFigures({ counters: {} })).toBeUndefined();
});
