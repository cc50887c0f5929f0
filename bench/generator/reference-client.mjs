// The reference: ws, each message decoded to a string, compared with the two expected ones,
// counted.
//   node reference-client.mjs <url> <connections> <seconds>
import WebSocket from 'ws';

const [url, connections, seconds] = process.argv.slice(2);
const before = process.cpuUsage();
let messages = 0;
let wrong = 0;

const sockets = Array.from({ length: Number(connections) }, () => {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  socket.on('message', (/** @type {Buffer} */ bytes) => {
    const text = bytes.toString();
    if (text === 'hello' || text === 'routine message') messages += 1;
    else wrong += 1;
  });
  return socket;
});

setTimeout(
  () => {
    for (const socket of sockets) socket.terminate();
    const { user, system } = process.cpuUsage(before);
    const { utilization } = performance.eventLoopUtilization();
    console.log(JSON.stringify({ messages, wrong, cpuS: (user + system) / 1e6, loop: utilization }));
  },
  Number(seconds) * 1000,
);
