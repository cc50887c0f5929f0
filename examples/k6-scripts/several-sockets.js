// Three sockets of one virtual user at once, each with its own tag in the metrics.
import { WebSocket } from 'k6/websockets';
import { check } from 'k6';

const url = __ENV.WSG_URL || 'ws://127.0.0.1:5000/connect';

export const options = {
  iterations: 2,
  thresholds: { 'ws_sessions{socket:feed}': ['count==2'], 'ws_sessions{socket:orders}': ['count==2'] },
};

function open(name, messages) {
  const socket = new WebSocket(url, null, { tags: { socket: name } });
  let heard = 0;
  socket.addEventListener('open', () => {
    for (let index = 0; index < messages; index += 1) socket.send(`${name} ${index}`);
  });
  socket.addEventListener('message', ({ data }) => {
    check(data, { 'my own words': (text) => text === `${name} ${heard}` });
    heard += 1;
    if (heard === messages) socket.close(1000, 'done');
  });
  socket.addEventListener('error', ({ error }) => console.error(error));
}

export default function () {
  open('feed', 3);
  open('orders', 2);
  open('chat', 1);
}
