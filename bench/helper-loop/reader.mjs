// reader.mjs PORT CLIENTS: raw clients that count bytes. Answers each message with what it has read
// and what that cost.
import { rawUpgrade } from '../support/raw-upgrade.mjs';

const [port, clients] = process.argv.slice(2).map(Number);
const buffer = Buffer.alloc(256 * 1024);
let bytes = 0;
let reads = 0;

function count(received) {
  bytes += received;
  reads += 1;
}

for (let client = 0; client < clients; client += 1) await rawUpgrade(port, buffer, count);
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send({ bytes, reads, cpuUs: user + system, atMs: performance.now() });
});
process.send('connected');
