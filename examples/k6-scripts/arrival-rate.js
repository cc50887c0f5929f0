// Sessions begin at a fixed rate, however slow the server is. A second scenario ramps virtual users.
import ws from 'k6/ws';
import exec from 'k6/execution';
import { Counter } from 'k6/metrics';

const begun = new Counter('sessions_begun');

export const options = {
  scenarios: {
    arrivals: {
      executor: 'constant-arrival-rate',
      rate: 10,
      timeUnit: '1s',
      duration: '1s',
      preAllocatedVUs: 5,
      exec: 'session',
      tags: { kind: 'arrival' },
    },
    ramp: {
      executor: 'ramping-vus',
      startVUs: 1,
      stages: [{ duration: '500ms', target: 2 }],
      gracefulRampDown: '1s',
      exec: 'session',
      env: { PAUSE_MS: '100' },
    },
  },
  thresholds: { 'sessions_begun{scenario:arrivals}': ['count>=9'] },
};

export function session() {
  begun.add(1, { first: String(exec.vu.iterationInScenario === 0) });
  ws.connect(__ENV.WSG_URL || 'ws://127.0.0.1:5000/connect', (socket) => {
    socket.on('open', () => socket.send(exec.scenario.name));
    socket.on('message', () => socket.setTimeout(() => socket.close(), Number(__ENV.PAUSE_MS || 1)));
  });
}
