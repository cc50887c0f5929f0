// Holds a connection and listens. Runs in k6 and in wsg.
import { check } from 'k6';
import ws from 'k6/ws';

export default function () {
  ws.connect(__ENV.WS_URL, null, (socket) => {
    socket.setTimeout(() => socket.close(), Number(__ENV.SECONDS) * 1000);
    socket.on('message', (message) => check(message, { 'is expected': (text) => text === 'hello' }));
  });
}
