import { describe, expect, it } from 'vitest';
import { planLoad } from '../../../src/loadgen/plan/parse-load-options.js';
import { planSchedule } from '../../../src/loadgen/plan/describe-plan.js';
import { renderSchedule, sparkline } from '../../../src/summary/sections/schedule-chart.js';

describe('sparkline', () => {
  it('is as high as the share of the most, and blank for nothing', () => {
    expect(sparkline([0, 1, 4, 8, 9, undefined, -1], 8)).toBe(' ▁▄██  ');
    expect(sparkline([1, 2], 0)).toBe('  ');
  });
});

describe('the schedule of a plan', () => {
  it('shows each scenario at its time, over one line of time', () => {
    const ramp = [
      { duration: '1m', target: 80 },
      { duration: '1m', target: 0 },
    ];
    const scenarios = {
      users: { executor: 'ramping-vus', startVUs: 0, stages: ramp },
      late: {
        executor: 'constant-arrival-rate',
        startTime: '1m',
        rate: 30,
        timeUnit: '1m',
        duration: '30s',
        preAllocatedVUs: 1,
      },
    };
    const { plan } = planLoad({ flags: {}, script: { name: 'a.js', options: { scenarios }, exports: ['default'] } });
    expect(renderSchedule(planSchedule(plan)).split('\n')).toEqual([
      'users  ▁▁▁▁▂▂▂▂▃▃▃▃▄▄▄▅▅▅▅▆▆▆▆▇▇▇▇███████▇▇▇▆▆▆▆▅▅▅▅▄▄▄▄▃▃▃▂▂▂▂▁▁▁▁  up to 80 VUs',
      `late   ${' '.repeat(30)}${'█'.repeat(15)}${' '.repeat(15)}  up to 0.5 iterations/s`,
      `       0s${' '.repeat(54)}2m0s`,
      '',
    ]);
  });
});
