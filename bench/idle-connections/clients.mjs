// clients.mjs PORT: keeps raw clients. Each message is the wanted number of clients; it is answered
// once that many are connected.
import { rawUpgrade } from '../support/raw-upgrade.mjs';

const AT_ONCE = 100;

const port = Number(process.argv[2]);
const buffer = Buffer.alloc(64 * 1024);
const sockets = [];

async function resize(wanted) {
  while (sockets.length < wanted) {
    const count = Math.min(AT_ONCE, wanted - sockets.length);
    const opened = Array.from({ length: count }, () => rawUpgrade(port, buffer, () => undefined));
    sockets.push(...(await Promise.all(opened)));
  }
  for (const socket of sockets.splice(wanted)) socket.destroy();
}

process.on('message', (wanted) => {
  void resize(wanted).then(() => process.send('done'));
});
process.send('ready');
