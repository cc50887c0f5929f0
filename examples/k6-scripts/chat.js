// A chat room: sends a greeting, waits until it comes back, and leaves.
import ws from 'k6/ws';
import { check, sleep } from 'k6';
import { Counter, Trend } from 'k6/metrics';

const words = new Counter('chat_words');
const answer = new Trend('chat_answer', true);

export const options = {
  vus: 2,
  iterations: 4,
  thresholds: { checks: ['rate==1'], 'chat_words{kind:greeting}': ['count==4'] },
};

export default function () {
  const url = __ENV.WSG_URL || 'ws://127.0.0.1:5000/connect';
  const response = ws.connect(url, { tags: { room: 'lobby' } }, function (socket) {
    let sentAt = 0;
    socket.on('open', function () {
      sentAt = Date.now();
      socket.send(`hello from ${__VU}`);
      words.add(1, { kind: 'greeting' });
    });
    socket.on('message', function (text) {
      answer.add(Date.now() - sentAt);
      check(text, { 'is a greeting': (said) => said.startsWith('hello from ') });
      socket.close();
    });
    socket.setTimeout(() => socket.close(), 2000);
  });
  check(response, { 'status is 101': (r) => r && r.status === 101 });
  sleep(0.01);
}
