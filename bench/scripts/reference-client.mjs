// The reference: bare ws, each message decoded to a string, compared with the two expected ones,
// counted.
//   node reference-client.mjs <url> <connections> receive|ping-pong|hold <seconds>
import WebSocket from 'ws';

const [url, connections, behaviour, seconds] = process.argv.slice(2);
let messages = 0;
let wrong = 0;

function open() {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  if (behaviour === 'ping-pong') socket.on('open', () => socket.send('routine message'));
  socket.on('message', (/** @type {Buffer} */ bytes) => {
    const text = bytes.toString();
    if (text === 'hello' || text === 'routine message') messages += 1;
    else wrong += 1;
    if (behaviour === 'ping-pong') socket.send(text);
  });
  return socket;
}

const sockets = Array.from({ length: Number(connections) }, open);
setTimeout(
  () => {
    for (const socket of sockets) socket.terminate();
    console.log(JSON.stringify({ messages, wrong }));
  },
  Number(seconds) * 1000,
);
