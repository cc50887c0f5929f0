import { describe, expect, it } from 'vitest';
import { renderHeader, renderProgress } from '../../src/summary/index.js';
import {
  formatElapsed,
  type ProgressPlan,
  type ProgressScenario,
  type ProgressView,
} from '../../src/summary/k6/progress.js';

describe('the header', () => {
  it('says which share of a plan runs here, as k6 does', () => {
    const view = {
      version: '1',
      script: 'a.js',
      seed: 7,
      output: '-',
      headline: '1 scenario',
      scenarios: ['default: x'],
    };
    expect(renderHeader({ ...view, segmentShare: 0.25 }, { colour: false })).toContain(
      'scenarios: (25.00%) 1 scenario:',
    );
  });
});

describe('the header', () => {
  it("is a blank line, a banner of five lines, two blank lines and k6's block", () => {
    const text = renderHeader(
      {
        version: '0.1.0',
        script: 'snapshot',
        seed: 7,
        output: '-',
        headline: '1 scenario, 100 max VUs, 1m0s max duration (incl. graceful stop)',
        scenarios: ['default: 100 looping VUs for 30s (gracefulStop: 30s)'],
      },
      { colour: false },
    );
    const lines = text.split('\n');
    expect([lines[0], lines[6], lines[7]]).toEqual(['', '', '']);
    expect(lines.slice(1, 6).every((line) => line.trim() !== '')).toBe(true);
    expect(lines[5]).toContain('wsg 0.1.0');
    expect(lines.slice(8)).toEqual([
      '     execution: local',
      '        script: snapshot',
      '          seed: 7',
      '        output: -',
      '',
      '     scenarios: (100.00%) 1 scenario, 100 max VUs, 1m0s max duration (incl. graceful stop):',
      '              * default: 100 looping VUs for 30s (gracefulStop: 30s)',
      '',
      '',
    ]);
  });
});

const SNAPSHOT: ProgressScenario = {
  plan: { name: 'default', maxVus: 100, startingMs: 30_000, maxMs: 60_000, load: { kind: 'looping' } },
  state: 'done',
  elapsedMs: 30_000,
  fraction: 1,
  completeIterations: 193,
  activeVus: 0,
  allocatedVus: 100,
};

function viewOf(scenario: ProgressScenario, changes: Partial<ProgressView> = {}): ProgressView {
  return {
    elapsedMs: 60_000,
    activeVus: 0,
    initialisedVus: scenario.plan.maxVus,
    completeIterations: scenario.completeIterations,
    interruptedIterations: 5,
    scenarios: [scenario],
    ...changes,
  };
}

describe('the progress', () => {
  it("ends as the snapshot's", () => {
    expect(renderProgress(viewOf(SNAPSHOT), { colour: false, columns: 120 })).toEqual([
      'running (1m00.0s), 000/100 VUs, 193 complete and 5 interrupted iterations',
      'default ✓ [======================================] 100 VUs  30s',
    ]);
  });

  it("is the contract's without a terminal", () => {
    const plan = { name: 'default', maxVus: 3, startingMs: 4000, maxMs: 34_000, load: { kind: 'looping' } } as const;
    const now = { elapsedMs: 1000, fraction: 0.25, completeIterations: 0, activeVus: 3, allocatedVus: 3 };
    const scenario = { plan, state: 'running', ...now } as const;
    const view = viewOf(scenario, { elapsedMs: 1000, activeVus: 3, interruptedIterations: 0 });
    expect(renderProgress(view, { colour: false })).toEqual([
      'running (01.0s), 3/3 VUs, 0 complete and 0 interrupted iterations',
      'default   [  25% ] 3 VUs  1.0s/4s',
    ]);
  });

  it('draws a bar that shrinks with the terminal, and a percentage when there is no room', () => {
    const running = { ...SNAPSHOT, state: 'running', elapsedMs: 7500, fraction: 0.25 } as const;
    const line = (columns: number): string | undefined =>
      renderProgress(viewOf(running), { colour: false, columns })[1];
    expect(line(120)).toBe('default   [========>-----------------------------] 100 VUs  07.5s/30s');
    expect(line(50)).toBe('default   [===>---------------] 100 VUs  07.5s/30s');
    expect(Array.from(line(50) ?? '').length).toBeLessThanOrEqual(50);
    expect(line(30)).toBe('default   [  25% ] 100 VUs  07.5s/30s');
  });

  it('counts iterations of the executors that have a number of them', () => {
    const plan = { name: 'default', maxVus: 2, startingMs: 600_000, maxMs: 630_000 };
    const now = { elapsedMs: 1000, fraction: 0.15, completeIterations: 3, activeVus: 2, allocatedVus: 2 };
    const line = (load: ProgressPlan['load']): string | undefined =>
      renderProgress(viewOf({ ...now, state: 'stopping', plan: { ...plan, load } }), { colour: false })[1];
    const perVu = line({ kind: 'per-vu-iterations', iterations: 20, perVu: 10 });
    expect(perVu).toBe('default ↓ [  15% ] 2 VUs  00m01.0s/10m0s  03/20 iters, 10 per VU');
    const shared = line({ kind: 'shared-iterations', iterations: 10 });
    expect(shared).toBe('default ↓ [  15% ] 2 VUs  00m01.0s/10m0s  03/10 shared iters');
  });

  it('shows the users of a ramp, the rate of arrivals, and what waits for its start', () => {
    const now = { elapsedMs: 5000, fraction: 0.5, completeIterations: 3, activeVus: 3, allocatedVus: 10 };
    const line = (load: ProgressPlan['load'], state: ProgressScenario['state'], startingMs: number) => {
      const plan = { name: 'default', maxVus: 10, startingMs, maxMs: startingMs + 30_000, load };
      return renderProgress(viewOf({ ...now, state, plan, perSecond: 7.5 }), { colour: false })[1];
    };
    expect(line({ kind: 'ramping' }, 'waiting', 60_000)).toBe('default • [  50% ] 03/10 VUs  0m05.0s/1m00.0s');
    expect(line({ kind: 'ramping' }, 'done', 60_000)).toBe('default ✓ [  50% ] 03/10 VUs  1m0s');
    expect(line({ kind: 'looping' }, 'stopping', 4000)).toBe('default ↓ [  50% ] 10 VUs  4s');
    const arrivals = line({ kind: 'arrivals', mostPerSecond: 50 }, 'running', 30_000);
    expect(arrivals).toBe('default   [  50% ] 03/10 VUs  05.0s/30s  07.50 iters/s');
    const late = line({ kind: 'arrivals', mostPerSecond: 50 }, 'stopping', 30_000);
    expect(late).toBe('default ↓ [  50% ] 03/10 VUs  30s  07.50 iters/s');
  });

  it('aligns names and shortens long ones', () => {
    const long = { ...SNAPSHOT, plan: { ...SNAPSHOT.plan, name: 'a'.repeat(40) } };
    const lines = renderProgress({ ...viewOf(SNAPSHOT), scenarios: [SNAPSHOT, long] }, { colour: false });
    expect(lines[1]).toMatch(/^default {24}✓ \[/);
    expect(lines[2]).toMatch(/^a{27}\.\.\. ✓ \[/);
  });

  it.each([
    [1000, 34_000, '01.0s'],
    [1000, 60_000, '0m01.0s'],
    [60_000, 60_000, '1m00.0s'],
    [1000, 630_000, '00m01.0s'],
    [3_723_400, 7_200_000, '1h02m03.4s'],
    [59_960, 60_000, '1m00.0s'],
    [500, 4000, '0.5s'],
  ])('writes %i ms of %i as %s', (elapsed, max, text) => expect(formatElapsed(elapsed, max)).toBe(text));
});
