// Stands for your server: an echo that answers after DELAY_MS. Listens where TARGET says:
// ws://127.0.0.1:8080/
import { WebSocketServer } from 'ws';

const { port } = new URL(process.env.TARGET ?? 'ws://127.0.0.1:8080/');
const delayMs = Number(process.env.DELAY_MS ?? 0);
const server = new WebSocketServer({ host: '127.0.0.1', port: Number(port) });

server.on('connection', (socket) => {
  socket.on('message', (message, isBinary) => {
    setTimeout(() => socket.send(message, { binary: isBinary }), delayMs);
  });
});
server.on('listening', () => console.log(`listening on ${server.address().port}`));
