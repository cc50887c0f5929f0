// Virtual users ramp up and down in stages; metrics are tagged with the stage.
import ws from 'k6/ws';
import { check, sleep } from 'k6';
import { Counter } from 'k6/metrics';
import { tagWithCurrentStageIndex } from 'https://jslib.k6.io/k6-utils/1.4.0/index.js';

const greetings = new Counter('greetings');

export const options = {
  stages: [
    { duration: '200ms', target: 3 },
    { duration: '700ms', target: 3 },
    { duration: '200ms', target: 0 },
  ],
  thresholds: { checks: ['rate==1'], 'greetings{stage:1}': ['count>0'] },
};

export default function () {
  tagWithCurrentStageIndex();
  const response = ws.connect(__ENV.WSG_URL || 'ws://127.0.0.1:5000/connect', (socket) => {
    let answers = 0;
    socket.on('open', () => socket.setInterval(() => socket.send(`tick of ${__VU}`), 10));
    socket.on('message', (text) => {
      greetings.add(1);
      check(text, { 'my own tick': (t) => t === `tick of ${__VU}` });
      answers += 1;
      if (answers === 3) socket.close();
    });
  });
  check(response, { connected: (r) => r.status === 101 });
  sleep(0.02);
}
