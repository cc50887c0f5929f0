import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { printPlan } from '../../../src/cli/loadtest/load-results.js';
import { systemClock } from '../../../src/core/clock.js';
import { EXECUTORS } from '../../../src/loadgen/executor/index.js';
import { describePlan, Engine, planLoad, type RunProgress } from '../../../src/loadgen/index.js';
import { BUILT_INS } from '../../../src/loadgen/scenario/index.js';
import { readRun, RunFileWriter } from '../../../src/run-file/index.js';
import { renderProgress } from '../../../src/summary/k6/progress.js';
import { LoadTarget } from '../../support/load-target.js';
import { recordingOutput } from '../../support/recording-output.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { threadEntry } from '../../support/thread-entry.js';
import { bursts } from './bursts.js';
import { greeting } from './greeting.js';

const SCENARIOS = { rush: { executor: 'bursts', vus: 3, bursts: 2, every: '100ms' } };

/** One file each, and these two lines: in this thread, and in the load threads. */
const LINES = ['EXECUTORS.add(added.bursts);', 'BUILT_INS.add(added.greeting);'];

describe('an executor and a scenario that are added by one file and one line each', () => {
  const target = new LoadTarget((socket) => {
    socket.on('message', () => target.send(socket, 'hello'));
  });
  const removers: (() => void)[] = [];
  let entry: URL;

  beforeAll(async () => {
    removers.push(EXECUTORS.add(bursts), BUILT_INS.add(greeting));
    const modules = ['bursts.ts', 'greeting.ts'].map((name) => new URL(name, import.meta.url));
    entry = await threadEntry(modules, LINES);
    await target.start();
  });

  afterAll(async () => {
    for (const remove of removers) remove();
    await target.stop();
  });

  function plan() {
    return planLoad({
      flags: { scenario: 'greeting', url: target.url },
      config: { path: 'k6.json', options: { scenarios: SCENARIOS } },
    }).plan;
  }

  it('are read, refused and described as those of wsg are', () => {
    expect(plan().scenarios).toMatchObject([{ name: 'rush', executor: 'bursts', vus: 3, bursts: 2, everyMs: 100 }]);
    expect(describePlan(plan()).scenarios).toEqual(['rush: 2 bursts of 3 VUs (gracefulStop: 30s)']);
    const wrong = { rush: { executor: 'bursts', vus: 0, size: 1 } };
    const sources = { flags: { scenario: 'greeting', rate: '5' }, config: { path: 'k6.json', options: {} } };
    expect(() => planLoad({ ...sources, config: { path: 'k6.json', options: { scenarios: wrong } } })).toThrow(
      expect.objectContaining({
        problems: expect.arrayContaining([
          expect.stringContaining('rate: the scenario greeting does not have it'),
          expect.stringContaining('scenarios.rush.vus (k6.json)'),
          expect.stringContaining('scenarios.rush.size (k6.json): bursts has no such key'),
        ]),
      }),
    );
  });

  it('are printed as a plan with its schedule', () => {
    const output = recordingOutput();
    printPlan(plan(), { output, json: false });
    expect(output.stdout.text()).toContain('"executor": "bursts"');
    expect(output.stdout.text()).toMatch(/rush .*VUs/);
  });

  it('run in load threads, with progress, metrics and a run file', async () => {
    const path = join(await temporaryFolder(), 'greeting.run');
    const sink = await RunFileWriter.create(path);
    let progress: RunProgress | undefined;
    const observer = {
      progressed: (now: RunProgress) => {
        progress = now;
      },
    };
    const engine = new Engine(plan(), { clock: systemClock, version: '1.2.3', threadEntry: entry, sink, observer });
    const { end } = await engine.run();
    await sink.close();
    expect(end).toMatchObject({ reason: 'finished', totals: { iterations: { complete: 6, interrupted: 0 } } });
    expect(end.totals.counters).toMatchObject({ greetings: 6, ws_sessions: 6 });
    expect(progress === undefined ? [] : renderProgress(progress, { colour: false })).toContainEqual(
      expect.stringMatching(/rush.*6\/6/),
    );
    const { header } = await readRun(path);
    expect(header).toMatchObject({
      scenario: 'greeting',
      plan: { behaviour: { name: 'greeting', isBinary: false }, scenarios: [{ executor: 'bursts', bursts: 2 }] },
      description: ['rush: 2 bursts of 3 VUs (gracefulStop: 30s)'],
      vus: 3,
      metrics: expect.arrayContaining([{ name: 'greetings', type: 'counter', contains: 'default' }]),
    });
  });
});
