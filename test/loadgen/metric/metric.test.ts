import { describe, expect, it } from 'vitest';
import { bindActions } from '../../../src/loadgen/metric/metric.js';
import { drainMetrics } from '../../../src/loadgen/metric/drain-metrics.js';
import { SeriesRegistry } from '../../../src/loadgen/metric/series-registry.js';
import { parseSeriesName } from '../../../src/core/series-name.js';
import { NO_TAGS, type Tags } from '../../../src/loadgen/metric/series.js';

const tags = (values: Record<string, string>): Tags => new Map(Object.entries(values));

describe('a series name', () => {
  it.each([
    ['ws_msgs_sent', 'ws_msgs_sent', {}],
    ['ws_msgs_sent{}', 'ws_msgs_sent', {}],
    ['m{a:1}', 'm', { a: '1' }],
    [' m{ a : 1 , "b":\'x:y\' } ', 'm', { a: '1', b: 'x:y' }],
    ['m{a}', 'm', { a: '' }],
  ])('%s is read as k6 reads it', (text, metric, expected) => {
    expect(parseSeriesName(text)).toEqual({ metric, tags: tags(expected) });
  });

  it.each(['', '{a:1}', 'm{a:1', 'm}a', 'm{:1}', 'm{a:1}{b:2}'])("'%s' is invalid", (text) => {
    expect(parseSeriesName(text)).toHaveProperty('problem');
  });
});

describe('metrics', () => {
  it('record samples in the total and in each matching submetric', () => {
    const registry = new SeriesRegistry({ submetrics: ['hits{kind:a}', 'hits{kind:a,n:1}', 'other{kind:a}'] });
    const hits = registry.counter('hits');
    hits.add(1, tags({ kind: 'a' }));
    hits.bind(tags({ kind: 'a', n: '1', more: 'x' })).add(2);
    hits.bind(tags({ kind: 'b' })).add(4);
    expect(drainMetrics(registry).counters).toEqual({ hits: 7, 'hits{kind:a}': 3, 'hits{kind:a,n:1}': 2 });
    expect(drainMetrics(registry).counters).toEqual({});
  });

  it('bind to the total itself if nothing else records the sample', () => {
    const registry = new SeriesRegistry({ submetrics: ['hits{kind:a}'] });
    const hits = registry.counter('hits');
    expect(hits.bind(tags({ kind: 'b' }))).toBe(hits.total);
  });

  it('record response, service and lag of actions, also in submetrics', () => {
    const registry = new SeriesRegistry({ submetrics: ['ws_ping{a:1}'] });
    const ping = registry.timeTrend('ws_ping');
    bindActions(ping, tags({ a: '1' })).add(100, 110, 150);
    const { trends, histograms } = drainMetrics(registry);
    expect(trends['ws_ping{a:1}']).toEqual({ count: 1, min: 50, max: 50, sum: 50 });
    expect(histograms.map(({ series, kind }) => `${series} ${kind}`)).toEqual(
      ['ws_ping', 'ws_ping{a:1}'].flatMap((name) => ['response', 'service', 'lag'].map((kind) => `${name} ${kind}`)),
    );
  });

  it('of scripts have every type; trends of values have a sketch', () => {
    const registry = new SeriesRegistry();
    registry.define('c', 'counter', 'default').add(2, NO_TAGS);
    registry.define('g', 'gauge', 'default').add(3, NO_TAGS);
    registry.define('r', 'rate', 'default').add(0, NO_TAGS);
    registry.define('v', 'trend', 'default').add(-4, NO_TAGS);
    registry.define('__proto__', 'trend', 'time').add(5, NO_TAGS);
    const { counters, gauges, rates, trends, sketches, histograms } = drainMetrics(registry);
    expect({ counters, gauges, rates }).toEqual({
      counters: { c: 2 },
      gauges: { g: { value: 3, min: 3, max: 3, atNs: expect.any(BigInt) } },
      rates: { r: { passes: 0, fails: 1 } },
    });
    expect(Object.keys(trends)).toEqual(['v', '__proto__']);
    expect(sketches.map(({ series }) => series)).toEqual(['v']);
    expect(histograms.map(({ series }) => series)).toEqual(['__proto__']);
  });

  it('with the same name are one metric; another type is refused', () => {
    const registry = new SeriesRegistry();
    const first = registry.define('m', 'trend', 'time');
    expect(registry.define('m', 'trend', 'time')).toBe(first);
    expect(() => registry.define('m', 'trend', 'default')).toThrow(
      "metric 'm' already exists but with type trend/time, instead of trend/default",
    );
  });

  it('pass every sample with its tags to a tap', () => {
    const seen: unknown[] = [];
    const tap = ({ name }: { readonly name: string }, value: number, of: Tags) => seen.push([name, value, [...of]]);
    const registry = new SeriesRegistry({ tap });
    registry
      .counter('c')
      .bind(tags({ a: '1' }))
      .add(2);
    registry.gauge('g').add(3, NO_TAGS);
    expect(seen).toEqual([
      ['c', 2, [['a', '1']]],
      ['g', 3, []],
    ]);
  });
});
