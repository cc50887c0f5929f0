// A larger test in several files: journeys in a folder, one scenario each, with shared classes and data.
import { check } from 'k6';
import exec from 'k6/execution';
import * as journeys from './journeys/index.js';
import goods from './data/goods.json';

const url = __ENV.WSG_URL || 'ws://127.0.0.1:5000/connect';

export const options = {
  scenarios: {
    buyers: { executor: 'per-vu-iterations', vus: 2, iterations: 2, exec: 'buy' },
    watchers: { executor: 'shared-iterations', vus: 1, iterations: 3, exec: 'watch' },
  },
  thresholds: { 'ws_sessions{step:buy}': ['count==4'], 'checks{scenario:watchers}': ['rate==1'] },
};

export function buy() {
  const bought = journeys.buyer(url, goods);
  check(bought, { 'bought the cheapest': (name) => name === 'tea' }, { scenario: exec.scenario.name });
}

export function watch() {
  journeys.watcher(url);
}
