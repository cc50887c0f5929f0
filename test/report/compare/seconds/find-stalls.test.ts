import { describe, expect, it } from 'vitest';
import { findStalls } from '../../../../src/report/compare/seconds/find-stalls.js';
import { compareSpecs, loadedRun, timesAround, type RunSpec } from '../../../support/loaded-run.js';

const P99 = ['ws_rtt p(99) < +10%'];
const usual = timesAround(10);
const steady: RunSpec = { seconds: 60, times: usual, counters: { ws_msgs_received: () => 400 } };
const silentIn = (isSilent: (second: number) => boolean): RunSpec => ({
  ...steady,
  times: (second) => (isSilent(second) ? [] : usual(second)),
  counters: { ws_msgs_received: (second) => (isSilent(second) ? 0 : 400) },
});
const textsOf = (spec: RunSpec, series: readonly string[] = ['ws_rtt']): readonly string[] =>
  findStalls('new', loadedRun(spec), series).map(({ text }) => text);

describe('stalls', () => {
  it.each([
    ['a second', (second: number) => second === 30, 'second 31: 0 samples of ws_rtt instead of the usual 400'],
    [
      'everything from second 24 on',
      (second: number) => second >= 23,
      'seconds 24 to 60: 0 samples of ws_rtt instead of the usual 400 per second',
    ],
    [
      'most of the run',
      (second: number) => second >= 8 && second < 58,
      'seconds 9 to 58: 0 samples of ws_rtt instead of the usual 400 per second',
    ],
  ])('are found by silence: %s', (_, isSilent, text) => {
    expect(textsOf(silentIn(isSilent))).toEqual([text]);
    expect(textsOf(silentIn(isSilent), ['ws_msgs_received'])).toEqual([text.replace('ws_rtt', 'ws_msgs_received')]);
  });

  it('are found in traffic of one message per second after a long silence', () => {
    const slow = (from: number): RunSpec => ({
      seconds: 60,
      counters: { ws_msgs_received: (second) => (second % 2 === 0 && second < from ? 1 : 0) },
    });
    expect(textsOf(slow(60), ['ws_msgs_received'])).toEqual([]);
    expect(textsOf(slow(20), ['ws_msgs_received'])).toEqual([
      'seconds 20 to 60: no sample of ws_msgs_received, usually one every 1.9 s',
    ]);
  });

  it.each([
    // The messages of the first half second, of 400 in all, wait for its end.
    ['what was due meanwhile waits', (sample: number, time: number) => time + Math.max(0, 500 - sample * 2.5), 400],
    // Ten users wait, and nobody sends meanwhile.
    ['nobody sends meanwhile', (sample: number, time: number) => (sample < 10 ? 512 : time), 205],
  ])('of half a second are detected by the longest wait: %s', (_, waited, count) => {
    const times = (second: number): readonly number[] =>
      second === 24
        ? usual(second)
            .map((time, sample) => waited(sample, time))
            .slice(0, count)
        : usual(second);
    const [text] = textsOf({ ...steady, times });
    expect(text).toMatch(/^second 25: a wait of 5\d\d ms in ws_rtt, where the usual maximum of a second is/);
    expect(compareSpecs([steady], [{ ...steady, times }], P99).verdict).not.toBe('within budget');
  });

  it('of half a second are detected by missing counts, within a second or across two', () => {
    const missing = (share: readonly number[]) => ({
      ...steady,
      counters: { ws_msgs_received: (second: number) => Math.round(400 * (share[second - 24] ?? 1)) },
    });
    expect(textsOf(missing([0.5]), ['ws_msgs_received'])).toEqual([
      'second 25: 200 samples of ws_msgs_received instead of the usual 400: about 0.5 s are missing',
    ]);
    expect(textsOf(missing([0.7, 0.75]), ['ws_msgs_received'])).toHaveLength(1);
    expect(textsOf(missing([0.9]), ['ws_msgs_received'])).toEqual([]);
  });

  it('are none where one answer is late, where users leave, and where samples come in bursts', () => {
    const times = (second: number): readonly number[] =>
      second === 24 ? [...usual(second).slice(1), 900] : usual(second);
    expect(textsOf({ ...steady, times })).toEqual([]);
    const users = (second: number): number => Math.max(0, Math.min(40, 60 - second) * 10);
    const leaving = { seconds: 60, counters: { ws_msgs_received: users }, gauges: { vus: users } };
    expect(textsOf(leaving, ['ws_msgs_received'])).toEqual([]);
    const bursts = { seconds: 60, counters: { ws_msgs_received: (second: number) => (second % 10 === 0 ? 4000 : 0) } };
    expect(textsOf(bursts, ['ws_msgs_received'])).toEqual([]);
    const connecting = { seconds: 60, counters: { ws_sessions: (second: number) => (second < 8 ? 100 : 0) } };
    expect(textsOf(connecting, ['ws_sessions'])).toEqual([]);
  });
});

describe('a server that stops answering', () => {
  it('is a regression by itself, also where the times of what it answered are as before', () => {
    const dead = silentIn((second) => second >= 23);
    const { verdict, because, stalls } = compareSpecs([steady], [dead], P99);
    expect(verdict).toBe('regression');
    expect(because).toContain('seconds without an answer: 37 of 60 instead of 0 of 60');
    expect(stalls.map(({ text }) => text)).toContain(
      'seconds 24 to 60: 0 samples of ws_rtt instead of the usual 400 per second',
    );
    expect(compareSpecs([dead], [dead], P99).because).not.toContain('without an answer');
  });
});

it('the maximum and p(99.9) of what is gated are always shown', () => {
  const { shown } = compareSpecs([steady], [{ ...steady, times: timesAround(11) }], ['ws_rtt p(50) < +50%']);
  expect(shown.slice(0, 2)).toMatchObject([
    { series: 'ws_rtt', aggregate: 'p(99.9)', unit: 'ms', change: expect.closeTo(0.1, 1) },
    { series: 'ws_rtt', aggregate: 'max', unit: 'ms', change: expect.closeTo(0.1, 1) },
  ]);
});
