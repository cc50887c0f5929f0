// delay-proxy.mjs TARGET_PORT MEDIAN_MS SIGMA FRAME_BYTES: a TCP proxy on a free port of 127.0.0.1
// that holds what clients send for times drawn from a log-normal distribution (a median of 0: none
// at all), in order, and stamps arrival and departure by the machine's monotonic clock. Writes its
// port as a JSON line; a line on standard input asks for the delays since the last such line, in
// milliseconds, one for each message: those of frames of FRAME_BYTES bytes. Ends when standard
// input does.
import { connect, createServer } from 'node:net';
import { createInterface } from 'node:readline';

const [targetPort, medianMs, sigma, frameBytes] = process.argv.slice(2).map(Number);
let delays = [];
let seed = 12_345;

function fraction() {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return (seed + 0.5) / 2 ** 32;
}

/** Box and Muller's. */
function normal() {
  return Math.sqrt(-2 * Math.log(fraction())) * Math.cos(2 * Math.PI * fraction());
}

function nextDelayMs() {
  return medianMs === 0 ? 0 : medianMs * Math.exp(sigma * normal());
}

/** Hands on what arrives after its delay, never before what came earlier. */
class DelayLine {
  constructor(write) {
    this.write = write;
    this.waiting = [];
  }

  push(bytes) {
    const arrivedNs = process.hrtime.bigint();
    if (medianMs === 0) return this.depart({ bytes, arrivedNs });
    const last = this.waiting.at(-1)?.dueMs ?? 0;
    this.waiting.push({ bytes, arrivedNs, dueMs: Math.max(last, performance.now() + nextDelayMs()) });
    if (this.waiting.length === 1) this.wait();
  }

  wait() {
    const [first] = this.waiting;
    if (first === undefined) return;
    setTimeout(
      () => {
        const now = performance.now();
        while (this.waiting.length > 0 && this.waiting[0].dueMs <= now + 0.2) this.depart(this.waiting.shift());
        this.wait();
      },
      Math.max(0, first.dueMs - performance.now()),
    );
  }

  depart({ bytes, arrivedNs }) {
    this.write(bytes);
    const heldMs = Number(process.hrtime.bigint() - arrivedNs) / 1e6;
    const messages = bytes.length % frameBytes === 0 ? bytes.length / frameBytes : 0;
    for (let message = 0; message < messages; message += 1) delays.push(heldMs);
  }
}

const server = createServer({ noDelay: true }, (client) => {
  const target = connect({ port: targetPort, host: '127.0.0.1', noDelay: true });
  const line = new DelayLine((bytes) => target.write(bytes));
  client.on('data', (bytes) => line.push(bytes));
  target.on('data', (bytes) => client.write(bytes));
  for (const [one, other] of [
    [client, target],
    [target, client],
  ]) {
    one.on('error', () => other.destroy());
    one.on('close', () => other.destroy());
  }
});
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  process.stdout.write(`${JSON.stringify({ port: server.address().port })}\n`);
});
createInterface({ input: process.stdin })
  .on('line', () => {
    process.stdout.write(`${JSON.stringify({ delays: delays.map((delay) => Math.round(delay * 1e4) / 1e4) })}\n`);
    delays = [];
  })
  .on('close', () => {
    process.exitCode = 0;
    process.kill(process.pid, 'SIGTERM');
  });
