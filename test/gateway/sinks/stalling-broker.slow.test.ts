import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AmqpLink } from '../../../src/gateway/sinks/amqp/amqp-driver.js';
import { NatsLink } from '../../../src/gateway/sinks/nats/nats.js';
import { startNats, type NatsBroker } from '../../support/nats-broker.js';
import { startRabbitmq, type RabbitmqBroker } from '../../support/rabbitmq-broker.js';
import { settle } from '../../support/settle.js';
import { StallingPeer } from '../../support/stalling-peer.js';

/** Enough for a broker on a busy machine to finish a complete handshake. */
const TIMEOUT_MS = 3_000;
const STEP_BYTES = 64;
/** More bytes than any of the handshakes. */
const MOST_BYTES = 4_096;

let rabbitmq: RabbitmqBroker;
let nats: NatsBroker;

beforeAll(async () => {
  [rabbitmq, nats] = await Promise.all([startRabbitmq(), startNats()]);
}, 120_000);

afterAll(async () => {
  await Promise.all([rabbitmq.dispose(), nats.process.dispose()]);
});

/**
 * Opens a link through a peer that passes this many bytes of the broker. Returns whether it opened,
 * and the number of sockets that are left.
 */
async function openThrough(
  passes: number,
  port: number,
  open: (port: number) => Promise<{ close(): Promise<void> }>,
): Promise<{ opened: boolean; left: number }> {
  const peer = await StallingPeer.start({ passes, port });
  try {
    const link = await open(peer.port).catch(() => undefined);
    await link?.close();
    await settle(() => peer.open === 0);
    return { opened: link !== undefined, left: peer.open };
  } finally {
    await peer.stop();
  }
}

async function openAtEachPoint(
  port: number,
  open: (port: number) => Promise<{ close(): Promise<void> }>,
): Promise<{ opened: Set<boolean>; left: Set<number> }> {
  const points = Array.from({ length: MOST_BYTES / STEP_BYTES }, (_, step) => step * STEP_BYTES);
  const outcomes = await Promise.all(points.map((passes) => openThrough(passes, port, open)));
  return {
    opened: new Set(outcomes.map((outcome) => outcome.opened)),
    left: new Set(outcomes.map(({ left }) => left)),
  };
}

describe('a handshake leaves no socket behind when the broker falls silent at any byte,', () => {
  it('with RabbitMQ', async () => {
    const options = { exchange: 'e', queue: 'q', timeoutMs: TIMEOUT_MS };
    const outcome = await openAtEachPoint(rabbitmq.port, (port) =>
      AmqpLink.open({ ...options, addr: rabbitmq.url.replace(String(rabbitmq.port), String(port)) }),
    );
    expect(outcome).toEqual({ opened: new Set([false, true]), left: new Set([0]) });
  }, 60_000);

  it('with NATS', async () => {
    const options = { stream: 's', subjects: ['s'], makesStream: true, timeoutMs: TIMEOUT_MS };
    const outcome = await openAtEachPoint(nats.port, (port) =>
      NatsLink.open({ ...options, addr: `nats://127.0.0.1:${port}` }),
    );
    expect(outcome).toEqual({ opened: new Set([false, true]), left: new Set([0]) });
  }, 60_000);
});
