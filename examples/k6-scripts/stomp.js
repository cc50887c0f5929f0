// STOMP over WebSocket with a local module, users from a JSON file and destinations from CSV.
import ws from 'k6/ws';
import { check } from 'k6';
import { SharedArray } from 'k6/data';
import papaparse from 'https://jslib.k6.io/papaparse/5.1.1/index.js';
import { frame, parse } from './lib/stomp.js';

const users = new SharedArray('users', () => JSON.parse(open('./data/users.json')));
const topics = new SharedArray(
  'topics',
  () => papaparse.parse(open('./data/topics.csv'), { header: true, skipEmptyLines: true }).data,
);

export const options = { vus: 2, iterations: 2 };

export default function () {
  const user = users[(__VU - 1) % users.length];
  const url = __ENV.WSG_URL || 'ws://127.0.0.1:5000/connect';
  const params = { headers: { 'Sec-WebSocket-Protocol': 'v12.stomp' } };
  ws.connect(url, params, (socket) => {
    socket.on('open', () => socket.send(frame('CONNECT', { 'accept-version': '1.2', login: user.name })));
    let heard = 0;
    socket.on('message', (text) => {
      const { command, headers } = parse(text);
      heard += 1;
      if (heard === 1) {
        check(command, { 'CONNECT comes back': (c) => c === 'CONNECT' });
        for (const { topic } of topics) socket.send(frame('SEND', { destination: topic }, user.name));
        return;
      }
      check(headers, { 'a topic of ours': (h) => topics.some(({ topic }) => topic === h.destination) });
      if (heard === 1 + topics.length) socket.close();
    });
  });
}
