// writer.mjs KIND URL EVENTS: gives events of 50 connections to the AMQP or NATS sink, as the
// outbox does. `measure` answers with rate and cost, `profile` with whose CPU it was.
import { randomUUID } from 'node:crypto';
import { systemClock } from '../../dist/core/clock.js';
import { silentLogger } from '../../dist/core/logger.js';
import { AmqpSink } from '../../dist/gateway/sinks/amqp/amqp-sink.js';
import { NatsSink } from '../../dist/gateway/sinks/nats/nats-sink.js';
import { cpuShares } from './cpu-shares.mjs';

const BATCH = 1_000;
const DEPS = { clock: systemClock, log: silentLogger, reportLimit: () => undefined, position: 0 };
const [kind, addr, eventsText] = process.argv.slice(2);
const events = Number(eventsText);
const connections = Array.from({ length: 50 }, () => randomUUID());
let sequence = 0;

function createSink() {
  if (kind === 'nats') {
    const config = { addr, stream: 'events', subject: 'events' };
    return new NatsSink(config, DEPS);
  }
  const config = { addr, exchange: 'events', queue: 'events', routingKey: 'events', headers: {} };
  return new AmqpSink(config, DEPS);
}

function nextBatch() {
  return Array.from({ length: BATCH }, () => {
    sequence += 1;
    return {
      id: `0000-1700000000000-${sequence}`,
      sequence,
      connection: connections[sequence % connections.length],
      action: 'message',
      type: 'text',
      tags: 'foo=bar',
      message: Buffer.from(String(sequence).padStart(16, '0')),
    };
  });
}

const sink = createSink();
await sink.start();

async function write() {
  for (let sent = 0; sent < events; sent += BATCH) {
    const { settled, refused } = await sink.deliver(nextBatch());
    if (settled !== BATCH || refused.length > 0) throw new Error(`${settled} of ${BATCH} events were settled`);
  }
}

async function measure() {
  const before = process.cpuUsage();
  const startedAt = performance.now();
  await write();
  const { user, system } = process.cpuUsage(before);
  return { perSecond: (events * 1000) / (performance.now() - startedAt), cpuUs: (user + system) / events };
}

async function answer(question) {
  process.send(question === 'profile' ? await cpuShares(write) : await measure());
}

process.on('message', (question) => void answer(question));
process.send('ready');
