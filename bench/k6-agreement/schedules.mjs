// When iterations start and how they end: the shapes of executors, each with how long an iteration
// takes and what may differ.
const one = (scenario) => ({ scenarios: { only: scenario } });
const looping = { executor: 'constant-vus', vus: 3, duration: '2s', gracefulStop: '0s' };

/**
 * `seconds` is an iteration's length; `loose` are counts that depend on the moment at which a stage
 * ends: how much they may differ.
 */
export const SCHEDULES = [
  { name: 'constant-vus', options: one(looping), seconds: 0.3 },
  { name: 'constant-vus with graceful stop', options: one({ ...looping, gracefulStop: '2s' }), seconds: 0.7 },
  { name: 'constant-vus cut', options: one({ ...looping, duration: '1s', gracefulStop: '300ms' }), seconds: 5 },
  {
    name: 'ramping-vus up and down',
    options: one({
      executor: 'ramping-vus',
      startVUs: 0,
      stages: [
        { duration: '1s', target: 5 },
        { duration: '1s', target: 5 },
        { duration: '1s', target: 0 },
      ],
      gracefulRampDown: '1s',
      gracefulStop: '1s',
    }),
    seconds: 0.17,
    loose: 6,
  },
  {
    name: 'ramping-vus with jumps',
    options: one({
      executor: 'ramping-vus',
      startVUs: 2,
      stages: [
        { duration: '0s', target: 6 },
        { duration: '1s', target: 6 },
        { duration: '0s', target: 1 },
        { duration: '1s', target: 1 },
      ],
      gracefulRampDown: '0s',
      gracefulStop: '0s',
    }),
    seconds: 0.37,
    loose: 2,
  },
  {
    name: 'ramping-vus that ramps down gracefully',
    options: one({
      executor: 'ramping-vus',
      startVUs: 4,
      stages: [
        { duration: '1s', target: 4 },
        { duration: '500ms', target: 0 },
        { duration: '500ms', target: 0 },
      ],
      gracefulRampDown: '400ms',
      gracefulStop: '100ms',
    }),
    seconds: 0.9,
    loose: 2,
  },
  { name: 'shared-iterations', options: one({ executor: 'shared-iterations', vus: 3, iterations: 10 }), seconds: 0.2 },
  {
    name: 'shared-iterations cut',
    options: one({ executor: 'shared-iterations', vus: 2, iterations: 50, maxDuration: '1s', gracefulStop: '0s' }),
    seconds: 0.3,
  },
  { name: 'per-vu-iterations', options: one({ executor: 'per-vu-iterations', vus: 3, iterations: 4 }), seconds: 0.2 },
  {
    name: 'per-vu-iterations cut',
    options: one({ executor: 'per-vu-iterations', vus: 2, iterations: 50, maxDuration: '1s', gracefulStop: '500ms' }),
    seconds: 0.3,
  },
  {
    name: 'constant-arrival-rate',
    options: one({ executor: 'constant-arrival-rate', rate: 20, timeUnit: '1s', duration: '2s', preAllocatedVUs: 10 }),
    seconds: 0.1,
    loose: 1,
  },
  {
    name: 'constant-arrival-rate short of users',
    options: one({
      executor: 'constant-arrival-rate',
      rate: 20,
      duration: '2s',
      preAllocatedVUs: 2,
      maxVUs: 4,
      gracefulStop: '2s',
    }),
    seconds: 0.5,
    loose: 3,
  },
  {
    name: 'ramping-arrival-rate',
    options: one({
      executor: 'ramping-arrival-rate',
      startRate: 0,
      timeUnit: '1s',
      preAllocatedVUs: 20,
      stages: [
        { duration: '1s', target: 20 },
        { duration: '1s', target: 20 },
        { duration: '1s', target: 0 },
      ],
    }),
    seconds: 0.1,
    loose: 1,
  },
  {
    name: 'ramping-arrival-rate with jumps',
    options: one({
      executor: 'ramping-arrival-rate',
      startRate: 10,
      timeUnit: '1s',
      preAllocatedVUs: 20,
      stages: [
        { duration: '1s', target: 10 },
        { duration: '0s', target: 30 },
        { duration: '1s', target: 30 },
      ],
    }),
    seconds: 0.1,
    loose: 1,
  },
  {
    name: 'several scenarios',
    options: {
      scenarios: {
        first: { executor: 'per-vu-iterations', vus: 2, iterations: 2 },
        second: {
          executor: 'constant-vus',
          vus: 1,
          duration: '1s',
          startTime: '1s',
          exec: 'other',
          gracefulStop: '0s',
        },
        third: { executor: 'shared-iterations', vus: 1, iterations: 2, startTime: '500ms', tags: { third: 'yes' } },
      },
    },
    seconds: 0.3,
  },
  { name: 'vus and iterations', options: { vus: 2, iterations: 5 }, seconds: 0.1 },
  { name: 'vus and duration', options: { vus: 2, duration: '1s' }, seconds: 0.3 },
  {
    name: 'stages',
    options: {
      stages: [
        { duration: '1s', target: 3 },
        { duration: '1s', target: 0 },
      ],
    },
    seconds: 0.2,
    loose: 4,
  },
  { name: 'minIterationDuration', options: { vus: 1, iterations: 3, minIterationDuration: '400ms' }, seconds: 0 },
];
