import { describe, expect, it } from 'vitest';
import { crossedThresholds, printResults, type ResultOptions } from '../../../src/cli/loadtest/load-results.js';
import { exitCodeOfRun } from '../../../src/cli/run-exit-code.js';
import type { RunEnd, ThresholdRecord } from '../../../src/run-file/records.js';
import { recordingOutput } from '../../support/recording-output.js';
import { snapshotRun } from '../../support/sample-run.js';

const SATURATED = { verdict: 'saturated', reasons: ['the event loop was full'], saturatedSeconds: [1] } as const;

function print(changes: Partial<RunEnd>, json = false) {
  const output = recordingOutput({ columns: 160 });
  const options: ResultOptions = {
    output,
    json,
    mode: 'legacy',
    noColor: false,
    afterSummary: () => output.stdout.write('[after]'),
  };
  printResults(snapshotRun(changes), options);
  return { stdout: output.stdout.text(), stderr: output.stderr.text() };
}

describe('printResults', () => {
  it("prints k6's summary first, then our own sections", () => {
    const { stdout, stderr } = print({ gateway: { sent: 10, received: 10, dropped: 0 } });
    const order = ['ws_msgs_received', '[after]', 'latency', 'gateway and generator', 'generator health'];
    const places = order.map((text) => stdout.indexOf(text));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(stderr).toBe('');
  });

  it('ends with what there is to say of the run', () => {
    expect(print({ detail: 'nothing was received' }).stdout.endsWith('\nnothing was received\n')).toBe(true);
  });

  it('says on standard error what a program that reads JSON may overlook', () => {
    const { stdout, stderr } = print({ health: SATURATED, detail: 'nothing was received' }, true);
    expect(JSON.parse(stdout.replace('[after]', '')).wsg.valid).toBe(false);
    expect(stderr).toContain('THIS RUN IS INVALID');
    expect(stderr).toContain('nothing was received');
  });
});

function judged(series: string, ok: boolean, aborted = false): ThresholdRecord {
  return { series, expression: 'count>1', aggregate: 'count', value: 1, ok, aborted };
}

describe('crossed thresholds', () => {
  const run = snapshotRun();
  const THRESHOLDS = [judged('b', false), judged('c', true), judged('a{x:y}', false), judged('b', false)];

  it("are told in k6's words, each metric once", () => {
    expect(crossedThresholds(run)).toBeUndefined();
    expect(crossedThresholds({ ...run, thresholds: [judged('a', true)] })).toBeUndefined();
    expect(crossedThresholds({ ...run, thresholds: THRESHOLDS })).toBe(
      "thresholds on metrics 'a{x:y}, b' have been crossed",
    );
    const { end } = snapshotRun({ reason: 'thresholds-crossed' });
    expect(crossedThresholds({ end, thresholds: [judged('x', true, true)] })).toBe(
      "thresholds on metrics 'x' were crossed; at least one has abortOnFail enabled, stopping test prematurely",
    );
  });

  it('end with 99, unless a signal ended the run, also when the run is invalid', () => {
    const codeOf = (changes: Partial<RunEnd>, thresholds = THRESHOLDS): number =>
      exitCodeOfRun({ ...snapshotRun(changes), thresholds }, false);
    expect(codeOf({})).toBe(99);
    expect(codeOf({ reason: 'thresholds-crossed' }, [])).toBe(99);
    expect(codeOf({ health: SATURATED })).toBe(99);
    expect(codeOf({ reason: 'stopped-by-signal' })).toBe(105);
  });
});

describe('exitCodeOfRun', () => {
  it.each([
    [{ reason: 'finished' }, 0],
    [{ reason: 'stopped-by-signal' }, 105],
    [{ reason: 'cut-by-signal' }, 130],
    [{ reason: 'failed' }, 1],
    [{ health: SATURATED }, 13],
    [{ reason: 'stopped-by-signal', health: SATURATED }, 105],
  ] satisfies [Partial<RunEnd>, number][])('is for %j: %i', (changes, code) => {
    expect(exitCodeOfRun(snapshotRun(changes), false)).toBe(code);
  });

  it("is k6's for a saturated run when that is allowed", () => {
    expect(exitCodeOfRun(snapshotRun({ health: SATURATED }), true)).toBe(0);
    expect(exitCodeOfRun(snapshotRun({ invalid: ['shard 2 of 4 is missing'] }), true)).toBe(13);
  });
});
