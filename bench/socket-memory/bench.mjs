// Measures the kernel memory of an idle TCP connection, which RSS does not include and `wsg doctor`
// does.
import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

export const name = 'socket-memory';

const PAIRS = 4000;
const REPEATS = 3;
const SETTLE_MS = 1000;
/** Number of concurrent dials, which stays below any listen backlog. */
const DIALS = 100;

/** The kernel's own memory that cannot be given back, and what TCP holds in buffers, in kB. */
function kernelKb() {
  const slab = Number(/^SUnreclaim:\s+(\d+)/m.exec(readFileSync('/proc/meminfo', 'utf8'))[1]);
  const pages = Number(/^TCP: .* mem (\d+)/m.exec(readFileSync('/proc/net/sockstat', 'utf8'))[1]);
  return slab + pages * 4;
}

/** Both ends are on this machine, so a pair is two sockets. */
async function kbASocket() {
  const accepted = [];
  const server = createServer((socket) => accepted.push(socket));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const clients = [];
  await wait(SETTLE_MS);
  const before = kernelKb();
  while (clients.length < PAIRS) {
    const dials = Array.from({ length: DIALS }, () => connect(server.address().port, '127.0.0.1'));
    await Promise.all(dials.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
    clients.push(...dials);
  }
  await wait(SETTLE_MS);
  const kb = (kernelKb() - before) / (2 * PAIRS);
  for (const socket of [...clients, ...accepted]) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
  return kb;
}

/** The table that `npm run bench` writes. */
export async function measure() {
  const figures = [];
  for (let repeat = 0; repeat < REPEATS; repeat++) figures.push(await kbASocket());
  figures.sort((one, other) => one - other);
  const rows = [
    {
      'what the kernel keeps': 'an idle TCP socket, its file and its inode',
      'kB, median': figures[1].toFixed(2),
      lowest: figures[0].toFixed(2),
      highest: figures[REPEATS - 1].toFixed(2),
    },
  ];
  const notes = [
    `(SUnreclaim of /proc/meminfo and TCP's pages, with ${PAIRS} loopback pairs less without) / ${2 * PAIRS}; ${REPEATS} times.`,
    'Nothing waits in the buffers: each byte that does comes on top. Other work on the machine moves the figure.',
  ];
  return { title: 'Kernel memory of an idle connection', rows, notes };
}
