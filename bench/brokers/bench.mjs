// Events through the AMQP sink with confirms and the NATS sink with acknowledgements, the broker on
// the other core.
import { join } from 'node:path';
import { median, startPinned } from '../support/pinned-process.mjs';
import { startNats, startRabbitmq } from './brokers.mjs';

export const name = 'brokers';

const TURNS = Number(process.env.BROKERS_TURNS ?? 5);
const EVENTS = 30_000;
const BROKERS = [
  { kind: 'amqp', what: 'RabbitMQ, publisher confirms, durable queue', start: startRabbitmq },
  { kind: 'nats', what: 'NATS JetStream, file storage', start: startNats },
];

async function measureBroker({ kind, what, start }) {
  const broker = await start({ core: 1 });
  const writer = await startPinned(join(import.meta.dirname, 'writer.mjs'), [kind, broker.url, EVENTS], { core: 0 });
  try {
    await writer.ask('measure');
    const cpuBefore = broker.cpuSeconds();
    const samples = [];
    for (let turn = 0; turn < TURNS; turn += 1) samples.push(await writer.ask('measure'));
    const brokerUs = ((broker.cpuSeconds() - cpuBefore) * 1e6) / (TURNS * EVENTS);
    const shares = await writer.ask('profile');
    const percent = (owner) => `${Math.round((shares[owner] ?? 0) * 100)} %`;
    return {
      sink: what,
      'events/s': `${Math.round(median(samples.map(({ perSecond }) => perSecond)) / 1000)} k`,
      'CPU us an event': median(samples.map(({ cpuUs }) => cpuUs)).toFixed(1),
      'of it the client library': percent('client library'),
      'wsg itself': percent('wsg'),
      'garbage collector': percent('garbage collector'),
      'broker CPU us an event': brokerUs.toFixed(1),
    };
  } finally {
    await writer.stop();
    await broker.stop();
  }
}

export async function measure() {
  const rows = [];
  for (const broker of BROKERS) rows.push(await measureBroker(broker));
  return {
    title: 'Events a second into RabbitMQ and NATS, and whose CPU it is',
    rows,
    notes: [
      `Batches of 1,000 events of 50 connections, 16-byte text, one tag; each batch waits for all its acknowledgements. Median of ${TURNS} turns of ${EVENTS} events after one to warm up; sink on one core, broker on the other.`,
      'Shares are of a CPU profile of one turn, idle time left out; what Node does for somebody (sockets, buffers, timers) counts as theirs.',
      'No limit is set for these two: the client libraries stay.',
    ],
  };
}
