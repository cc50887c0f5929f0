// Logs in over HTTP once, then connects with the token of that login.
import http from 'k6/http';
import ws from 'k6/ws';
import { check, group } from 'k6';

const base = __ENV.HTTP_URL || 'http://127.0.0.1:5000';

export const options = { vus: 2, iterations: 2 };

export function setup() {
  const response = http.post(`${base}/login`, JSON.stringify({ user: 'ann' }), {
    headers: { 'Content-Type': 'application/json' },
  });
  check(response, { 'logged in': (r) => r.status === 200 });
  return { token: response.json('token') };
}

export default function ({ token }) {
  const url = __ENV.WSG_URL || 'ws://127.0.0.1:5000/connect';
  const response = group('session', () =>
    ws.connect(url, { headers: { Authorization: `Bearer ${token}` } }, (socket) => {
      socket.on('open', () => socket.send('who am i'));
      socket.on('message', (text) => {
        check(text, { 'the server knows me': (t) => t === 'ann' });
        socket.close();
      });
    }),
  );
  check(response, { connected: (r) => r.status === 101 });
}
