// A client that is refused at first. It tries again after a pause that doubles, and gives up after five attempts.
import ws from 'k6/ws';
import { check, fail, sleep } from 'k6';
import { Counter, Trend } from 'k6/metrics';

const refusals = new Counter('refusals');
const attempts = new Trend('attempts');

export const options = { vus: 2, iterations: 2, thresholds: { attempts: ['max<=5'] } };

class Client {
  constructor(url) {
    this.url = url;
    this.pauseS = 0.01;
  }

  connect(handle) {
    for (let attempt = 1; attempt <= 5; attempt += 1) {
      const response = ws.connect(`${this.url}?attempt=${attempt}&user=${__VU}`, handle);
      if (response.status === 101) return attempt;
      refusals.add(1, { status: String(response.status) });
      sleep(this.pauseS);
      this.pauseS *= 2;
    }
    return fail(`${this.url} refused five times`);
  }
}

export default function () {
  const client = new Client(__ENV.REFUSING_URL || 'ws://127.0.0.1:5000/refusing');
  let heard = '';
  const needed = client.connect((socket) => {
    socket.on('open', () => socket.send('back again'));
    socket.on('message', (text) => {
      heard = text;
      socket.close();
    });
  });
  attempts.add(needed);
  check(heard, { 'heard after all': (text) => text === 'back again' });
}
