// All four kinds of metrics, thresholds on them and on tags, and a custom summary.
import ws from 'k6/ws';
import { Counter, Gauge, Rate, Trend } from 'k6/metrics';
import { textSummary } from 'https://jslib.k6.io/k6-summary/0.1.0/index.js';

const bytes = new Counter('payload_bytes');
const largest = new Gauge('largest_payload');
const even = new Rate('even_payloads');
const size = new Trend('payload_size');
const roundTrip = new Trend('round_trip', true);

export const options = {
  thresholds: {
    payload_bytes: ['count==30'],
    even_payloads: ['rate>0.6'],
    'payload_size{parity:odd}': ['max<12'],
    round_trip: ['p(95)<5000'],
  },
};

export default function () {
  ws.connect(__ENV.WSG_URL || 'ws://127.0.0.1:5000/connect', (socket) => {
    const sizes = [8, 10, 11, 1];
    let sentAt = 0;
    const next = () => {
      sentAt = Date.now();
      socket.send('x'.repeat(sizes.shift()));
    };
    socket.on('open', next);
    socket.on('message', ({ length }) => {
      bytes.add(length);
      largest.add(length);
      even.add(length % 2 === 0 || length === 1);
      size.add(length, { parity: length % 2 === 0 ? 'even' : 'odd' });
      roundTrip.add(Date.now() - sentAt);
      if (sizes.length > 0) next();
      else socket.close();
    });
  });
}

export function handleSummary(data) {
  return {
    stdout: textSummary(data, { indent: ' ', enableColors: false }),
    [__ENV.SUMMARY || 'summary.json']: JSON.stringify({ bytes: data.metrics.payload_bytes.values.count }),
  };
}
