// graphql-transport-ws over k6/websockets: two subscriptions at once on one socket, completed by the server.
import { WebSocket } from 'k6/websockets';
import { check } from 'k6';
import { Counter, Trend } from 'k6/metrics';
import { setTimeout, clearTimeout } from 'k6/timers';

const results = new Counter('subscription_results');
const toFirst = new Trend('first_result', true);

export const options = {
  vus: 2,
  iterations: 2,
  thresholds: { 'subscription_results{query:prices}': ['count==4'], 'subscription_results{query:news}': ['count==4'] },
};

const QUERIES = { prices: 'subscription { price }', news: 'subscription { headline }' };

function subscribe(socket, id, begunAt) {
  socket.send(JSON.stringify({ id, type: 'subscribe', payload: { query: QUERIES[id] } }));
  let count = 0;
  return ({ type, payload }) => {
    if (type === 'complete') return true;
    if (count === 0) toFirst.add(Date.now() - begunAt, { query: id });
    count += 1;
    results.add(1, { query: id });
    check(payload, { 'numbered in order': ({ data }) => data.number === count });
    return false;
  };
}

export default function () {
  const socket = new WebSocket(__ENV.GRAPHQL_URL || 'ws://127.0.0.1:5000/graphql', 'graphql-transport-ws');
  const open = new Map();
  const tooLong = setTimeout(() => socket.close(4408, 'no answer'), 5000);
  socket.onopen = () => {
    check(socket, { 'speaks our protocol': ({ protocol }) => protocol === 'graphql-transport-ws' });
    socket.send(JSON.stringify({ type: 'connection_init' }));
  };
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    if (message.type === 'connection_ack') {
      for (const id of Object.keys(QUERIES)) open.set(id, subscribe(socket, id, Date.now()));
      return;
    }
    if (open.get(message.id)(message)) open.delete(message.id);
    if (open.size === 0) socket.close(1000);
  };
  socket.onclose = () => clearTimeout(tooLong);
}
