// writer.mjs KIND PORT EVENTS: `bare` writes pre-encoded XADDs to a socket, `sink` gives the same
// events to the Redis sink. Each message lets it do that once; the answer is how long it took and
// what it cost.
import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { systemClock } from '../../dist/core/clock.js';
import { silentLogger } from '../../dist/core/logger.js';
import { encodeCommand } from '../../dist/gateway/redis/resp-reader.js';
import { RedisSink } from '../../dist/gateway/sinks/redis/redis-sink.js';

const BATCH = 1_000;
const DEPS = { clock: systemClock, log: silentLogger, reportLimit: () => undefined, position: 0 };
const BATCHES_IN_FLIGHT = 4;
const STREAM = 'connectionevents';
const LF = 0x0a;

const [kind, portText, eventsText] = process.argv.slice(2);
const port = Number(portText);
const events = Number(eventsText);
const ids = Array.from({ length: 50 }, () => randomUUID());

function createBatch() {
  return Array.from({ length: BATCH }, (_, index) => ({
    id: '0000-1-1',
    sequence: index + 1,
    connection: ids[index % ids.length],
    action: 'message',
    type: 'text',
    tags: 'foo=bar',
    message: Buffer.from(String(index).padStart(16, '0')),
  }));
}

async function createSinkWriter() {
  const config = { addr: `redis://127.0.0.1:${port}`, streamName: STREAM, maxLen: 0 };
  const sink = new RedisSink(config, DEPS);
  await sink.start();
  const batch = createBatch();
  return async () => {
    for (let sent = 0; sent < events; sent += BATCH) await sink.deliver(batch);
  };
}

/** As cheap as it gets: nothing is encoded, and of the replies only line ends are counted. */
async function createBareWriter() {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await new Promise((resolve) => socket.once('connect', resolve));
  const commands = createBatch().map(({ connection, message }) => {
    const fields = [
      'connection',
      connection,
      'action',
      'message',
      'type',
      'text',
      'tags',
      'foo=bar',
      'message',
      message,
    ];
    return encodeCommand(['XADD', STREAM, '*', ...fields]);
  });
  const batch = Buffer.concat(commands);
  return () =>
    new Promise((resolve) => {
      let sent = 0;
      let lines = 0;
      const fill = () => {
        while (sent < events && sent - lines / 2 < BATCHES_IN_FLIGHT * BATCH) {
          socket.write(batch);
          sent += BATCH;
        }
      };
      const read = (chunk) => {
        for (const byte of chunk) if (byte === LF) lines += 1;
        if (lines < 2 * events) return fill();
        socket.off('data', read);
        return resolve();
      };
      socket.on('data', read);
      fill();
    });
}

const write = await (kind === 'sink' ? createSinkWriter() : createBareWriter());

async function measure() {
  const before = process.cpuUsage();
  const startedAt = performance.now();
  await write();
  const { user, system } = process.cpuUsage(before);
  process.send({ perSecond: (events * 1000) / (performance.now() - startedAt), cpuUs: (user + system) / events });
}

process.on('message', () => void measure());
process.send('ready');
