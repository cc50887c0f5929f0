// The frames of socket.io: handshake 0, connect 40, events 42, heartbeats 2 and 3.
import ws from 'k6/ws';
import { check, fail } from 'k6';

export default function () {
  const url = __ENV.WSG_URL || 'ws://127.0.0.1:5000/connect';
  let acknowledged = false;
  const response = ws.connect(`${url}?EIO=4&transport=websocket`, (socket) => {
    socket.on('open', () => socket.send('40'));
    socket.on('message', (packet) => {
      switch (packet.slice(0, 2)) {
        case '40':
          socket.send(`42${JSON.stringify(['join', { room: 'lobby' }])}`);
          break;
        case '42': {
          const [event, detail] = JSON.parse(packet.slice(2));
          acknowledged = check(detail, { 'joined the lobby': ({ room }) => event === 'join' && room === 'lobby' });
          socket.send('2');
          break;
        }
        case '2':
          socket.close();
          break;
      }
    });
    socket.setTimeout(() => socket.close(), 3000);
  });
  if (!check(response, { connected: (r) => r.status === 101 })) fail('no connection');
  check(acknowledged, { acknowledged: (a) => a });
}
