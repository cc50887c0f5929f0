import { expect, it } from 'vitest';
import { systemClock, type Clock } from '../../../src/core/clock.js';
import { Histogram } from '../../../src/core/histogram/histogram.js';
import { LagClock, ThreadGauges } from '../../../src/loadgen/health/thread-gauges.js';
import { ProcessGauges } from '../../../src/loadgen/health/process-gauges.js';
import { ManualClock } from '../../support/manual-clock.js';

it('records how late a scheduled task ran, and nothing for a cancelled one', () => {
  const clock = new ManualClock();
  let skew = 0;
  const late: Clock = {
    now: () => clock.now() + skew,
    wallNow: () => clock.wallNow(),
    schedule: (task, delayMs) => clock.schedule(task, delayMs),
  };
  const lag = new Histogram();
  const lagClock = new LagClock(late, lag);
  const ran: string[] = [];
  lagClock.schedule(() => ran.push('kept'), 100);
  lagClock.schedule(() => ran.push('cancelled'), 100)();
  skew = 25;
  clock.advance(100);
  expect(ran).toEqual(['kept']);
  expect(lag).toMatchObject({ count: 1, max: 25 });
});

it('measures the lag of its own probes since the last reading', () => {
  const clock = new ManualClock();
  const gauges = new ThreadGauges(clock);
  gauges.start();
  clock.advance(1000);
  expect(gauges.read().scheduleLag.count).toBe(50);
  expect(gauges.read().scheduleLag).toEqual({ count: 0, p50: 0, p99: 0, max: 0 });
  gauges.stop();
  expect(clock.waiting).toBe(0);
});

it('measures the CPU of this process between two readings', () => {
  const gauges = new ProcessGauges(systemClock);
  const until = systemClock.now() + 50;
  while (systemClock.now() < until) Math.sqrt(until);
  const { cpuProcess, rssBytes } = gauges.read();
  expect(cpuProcess).toBeGreaterThan(0);
  expect(rssBytes).toBeGreaterThan(1_000_000);
});
