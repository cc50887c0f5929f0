import { describe, expect, it } from 'vitest';
import { hasFewAbove } from '../../src/summary/sections/hdr-table.js';
import {
  compareWithGateway,
  renderGateway,
  renderHdrTables,
  renderHealth,
  summaryJson,
} from '../../src/summary/index.js';
import { renderSpectra } from '../../src/summary/sections/spectrum.js';
import { sampleHealth, snapshotRun, trendOf } from '../support/sample-run.js';

const PLAIN = { colour: false, columns: 80 } as const;

function widestLine(text: string): number {
  return Math.max(...text.split('\n').map((line) => Array.from(line).length));
}

describe('latency tables', () => {
  it.each([200, 140, 100, 80, 60])('fit a terminal of %i columns', (columns) => {
    const text = renderHdrTables(snapshotRun(), { columns, colour: false });
    expect(widestLine(text)).toBeLessThanOrEqual(columns);
    for (const name of ['iteration_duration', 'ws_connecting', 'ws_ping service', 'ws_ping lag']) {
      expect(text).toContain(name);
    }
  });

  it('have every percentile, max, count, mean and standard deviation', () => {
    const run = snapshotRun();
    const values = Array.from({ length: 1000 }, (_, index) => index + 1);
    const end = { ...run.end, totals: { ...run.end.totals, trends: { ws_ping: trendOf(values) } } };
    const text = renderHdrTables({ ...run, end }, { columns: 140, colour: false });
    const cells = text.split('\n').map((line) => line.split('│').map((cell) => cell.trim()));
    expect(cells[2]).toEqual([
      '',
      '',
      'p50',
      'p75',
      'p90',
      'p95',
      'p99',
      'p99.9',
      'p99.99',
      'max',
      'count',
      'mean',
      'stddev',
      '',
    ]);
    expect(cells[4]?.slice(1, 6)).toEqual(['ws_ping', '500.12ms', '750.38ms', '900.3ms', '950.27ms']);
    expect(cells[4]?.slice(6, 13)).toEqual(['990.41ms', '999.42ms*', '1s*', '1s', '1000', '500.5ms', '288.67ms']);
    expect(text).toContain('* fewer than 10 samples above');
  });

  it('mark a percentile unless ten samples lie above it', () => {
    expect([999, 1000].map((count) => hasFewAbove(count, 99))).toEqual([true, false]);
    expect([9999, 10_000].map((count) => hasFewAbove(count, 99.9))).toEqual([true, false]);
    expect([99_999, 100_000].map((count) => hasFewAbove(count, 99.99))).toEqual([true, false]);
  });

  it('say what was above an hour or no time at all, and are empty without samples', () => {
    const run = snapshotRun();
    const trends = { ws_ping: trendOf([1, 4e6, -1]) };
    const text = renderHdrTables({ ...run, end: { ...run.end, totals: { ...run.end.totals, trends } } }, PLAIN);
    expect(text).toContain('ws_ping: 1 values above 1h');
    expect(text).toContain('ws_ping: 1 values were not valid times');
    expect(renderHdrTables({ ...run, end: { ...run.end, totals: { ...run.end.totals, trends: {} } } }, PLAIN)).toBe('');
  });
});

describe('the spectrum', () => {
  it('has four columns that end with every sample below the maximum, each trend under its name', () => {
    const text = renderSpectra(snapshotRun());
    expect(text).toContain(
      '# ws_connecting response, in ms\n       Value     Percentile TotalCount 1/(1-Percentile)\n',
    );
    const section = text.split('# ws_ping service, in ms\n')[1]?.split('\n\n#')[0]?.split('# ws_')[0] ?? '';
    const rows = section.split('\n').filter((line) => /^ +[\d.]+ /.test(line));
    const last = (rows.at(-1) ?? '').trim().split(/ +/).map(Number);
    expect(last[0]).toBeCloseTo(2, 2);
    expect(last.slice(1)).toEqual([1, 3]);
    expect(section).toMatch(/#\[Mean {4}= +1\.16\d, StdDeviation {3}= +0\.62\d\]/);
    expect(section).toMatch(/#\[Max {5}= +2\.00\d, Total count {4}= +3\]/);
  });
});

describe('generator health', () => {
  it('shows lag, event loop, GC, CPU and memory', () => {
    expect(renderHealth(snapshotRun(), PLAIN)).toBe(
      [
        'generator health',
        '  schedule lag    p50 400µs, p99 1.5ms in the worst second, max 3.25ms',
        '  event loop      40% mean, 50% in the worst second',
        '  GC              2ms/s mean, 2ms/s in the worst second',
        '  CPU cores       0.70 mean, 0.90 in the worst second; the machine 1.20 of 2',
        '  memory          97 MB at most',
        '  verdict         healthy',
        '',
      ].join('\n'),
    );
  });

  it('is loud when the generator was the bottleneck, within the terminal', () => {
    const health = { verdict: 'saturated', reasons: ['the event loop was busy'], saturatedSeconds: [0, 2] } as const;
    const run = { ...snapshotRun({ health }), health: [0, 1, 2].map((second) => sampleHealth(second)) };
    const text = renderHealth(run, { colour: false, columns: 60 });
    expect(widestLine(text)).toBeLessThanOrEqual(60);
    expect(text).toContain('! THIS RUN IS INVALID: the load generator was the');
    expect(text).toContain('- the event loop was busy');
    expect(text).toContain('- saturated in 2 of 3 seconds: 1, 3');
    expect(renderHealth(snapshotRun(), PLAIN)).not.toContain('INVALID');
  });
});

describe('generator health of a run that ended before its first second', () => {
  it('passes no verdict', () => {
    expect(renderHealth({ ...snapshotRun(), health: [] }, PLAIN)).toBe('generator health\n  no second was measured\n');
  });
});

describe("the gateway's counters beside ours", () => {
  it('agree when both sides counted the same: what was dropped was not counted as sent', () => {
    const run = snapshotRun({ gateway: { sent: 9_852_818, received: 2555, dropped: 2 } });
    expect(renderGateway(run, PLAIN)).toBe(
      [
        'gateway and generator',
        '                   sent  dropped  delivered  received  difference',
        '  to clients    9852820        2    9852818   9852818           0',
        '  from clients     2555                          2555           0',
        '',
      ].join('\n'),
    );
    expect(renderGateway(snapshotRun(), PLAIN)).toBe('');
  });

  it('say how much was in flight when sessions were cut', () => {
    const gateway = { sent: 9_853_818, received: 2555, dropped: 0 };
    const text = renderGateway(snapshotRun({ gateway, reason: 'cut-by-signal' }), PLAIN);
    expect(text).toContain('to clients: 1000 were still in flight');
    expect(text).not.toContain('DISAGREE');
  });

  it('are loud when more is missing than can have been in flight, or when more arrived than was sent', () => {
    const gateway = { sent: 11_000_000, received: 2555, dropped: 0 };
    const missing = snapshotRun({ gateway, reason: 'cut-by-signal' });
    expect(renderGateway(missing, PLAIN)).toContain('to clients: THE COUNTERS DISAGREE: 1147182 messages are missing');
    const one = snapshotRun({ gateway: { sent: 9_852_819, received: 2555, dropped: 0 } });
    expect(renderGateway(one, PLAIN)).toContain('to clients: THE COUNTERS DISAGREE: 1 messages are missing');
    expect(compareWithGateway(missing)?.toClients.agrees).toBe(false);
    const surplus = snapshotRun({ gateway: { sent: 9_852_818, received: 2556, dropped: 0 } });
    expect(renderGateway(surplus, PLAIN)).toContain(
      'from clients: THE COUNTERS DISAGREE: 1 more messages were received',
    );
  });
});

describe('the JSON summary', () => {
  it("is k6's handleSummary data with our own keys under wsg", () => {
    const json = summaryJson(snapshotRun({ gateway: { sent: 9_852_818, received: 2555, dropped: 0 } }));
    expect(json).toMatchObject({
      root_group: {
        name: '',
        path: '',
        id: 'd41d8cd98f00b204e9800998ecf8427e',
        groups: [],
        checks: [
          { name: 'data is correct', path: '::data is correct', passes: 9_852_818, fails: 0 },
          { name: 'status is 101', path: '::status is 101', passes: 193, fails: 0 },
        ],
      },
      options: {
        summaryTrendStats: ['avg', 'min', 'med', 'max', 'p(90)', 'p(95)'],
        summaryTimeUnit: '',
        noColor: true,
      },
      state: { isStdOutTTY: false, isStdErrTTY: false, testRunDurationMs: 60_000.45 },
      metrics: {
        checks: { type: 'rate', contains: 'default', values: { rate: 1, passes: 9_853_011, fails: 0 } },
        iterations: { type: 'counter', contains: 'default', values: { count: 193 } },
        vus: { type: 'gauge', contains: 'default', values: { value: 5, min: 5, max: 100 } },
        ws_connecting: { type: 'trend', contains: 'time', values: { min: 0.24529, max: 8.12 } },
      },
      wsg: { complete: true, valid: true, gateway: { toClients: { difference: 0, agrees: true } } },
    });
    expect(JSON.parse(JSON.stringify(json))).toEqual(json);
  });
});
