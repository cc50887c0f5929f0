import { describe, expect, it } from 'vitest';
import { planLoad } from '../../../src/loadgen/plan/parse-load-options.js';
import { composeProgress } from '../../../src/loadgen/run/run-observer.js';
import type { ThreadProgress } from '../../../src/loadgen/thread/progress-cells.js';
import { renderProgress } from '../../../src/summary/k6/progress.js';

const SCENARIOS = {
  a_loop: { executor: 'constant-vus', vus: 4, duration: '10s' },
  b_ramp: { executor: 'ramping-vus', startVUs: 0, stages: [{ duration: '2m', target: 20 }] },
  c_share: { executor: 'shared-iterations', vus: 4, iterations: 40 },
  d_each: { executor: 'per-vu-iterations', vus: 4, iterations: 5, startTime: '5s' },
  e_rate: { executor: 'constant-arrival-rate', rate: 300, timeUnit: '1m', duration: '20s', preAllocatedVUs: 8 },
  f_rise: { executor: 'ramping-arrival-rate', stages: [{ duration: '20s', target: 100 }], preAllocatedVUs: 8 },
};

function linesOf(executionSegment: string | undefined): string[] {
  const script = { name: 'a.js', options: { scenarios: SCENARIOS }, exports: ['default'] };
  const { plan } = planLoad({ flags: { executionSegment }, script });
  const now: ThreadProgress = {
    elapsedMs: 5000,
    activeVus: 2,
    allocatedVus: 4,
    completeIterations: 3,
    interruptedIterations: 0,
    droppedIterations: 0,
    state: 'running',
  };
  return renderProgress(
    composeProgress(
      plan,
      plan.scenarios.map(() => now),
    ),
    { colour: false },
  );
}

describe('the progress of each executor', () => {
  it("is k6's line", () => {
    expect(linesOf(undefined)).toEqual(
      [
        'running (00m05.0s), 12/48 VUs, 18 complete and 0 interrupted iterations',
        'a_loop   [  50% ] 4 VUs  05.0s/10s',
        'b_ramp   [   4% ] 02/20 VUs  0m05.0s/2m00.0s',
        'c_share   [   7% ] 4 VUs  00m05.0s/10m0s  03/40 shared iters',
        'e_rate   [  25% ] 2/4 VUs  05.0s/20s  5.00 iters/s',
        'f_rise   [  25% ] 2/4 VUs  05.0s/20s  025.00 iters/s',
        'd_each   [  15% ] 4 VUs  00m00.0s/10m0s  03/20 iters, 5 per VU',
      ].map((line) => line.replace(/^([a-f]_\w+) {3}/, (_, name: string) => `${name.padEnd(7)}   `)),
    );
  });

  it('counts the segment of this process', () => {
    const lines = linesOf('1/2:1');
    expect(lines[0]).toContain('/24 VUs');
    expect(lines[3]).toContain('2 VUs  00m05.0s/10m0s  03/20 shared iters');
    expect(lines[4]).toContain('2.50 iters/s');
  });
});
