import { describe, expect, it, onTestFinished } from 'vitest';
import { silentLogger } from '../../../src/core/logger.js';
import { ConnectionHandler } from '../../../src/gateway/ingress/connection-handler.js';
import { ConnectionIdSource } from '../../../src/gateway/connection/connection-id.js';
import { ConnectionRegistry } from '../../../src/gateway/connection/registry.js';
import { Delivery } from '../../../src/gateway/delivery/delivery.js';
import type { GatewayEvent } from '../../../src/gateway/event/gateway-event.js';
import { GatewayCounters } from '../../../src/gateway/metrics/gateway-counters.js';
import type { EventOutbox } from '../../../src/gateway/outbox/event-outbox.js';
import { allSettled, type EventSink, type SinkReceipt } from '../../../src/gateway/sinks/event-sink.js';
import { chooseTransport } from '../../../src/gateway/transport/choose-transport.js';
import type { TransportName } from '../../../src/gateway/transport/transport.js';
import { OPCODE, RawWebSocket, upgradeRequest } from '../../support/raw-websocket.js';
import { openAdmission } from '../../support/open-admission.js';
import { testConfig } from '../../support/running-gateway.js';
import { testOutbox } from '../../support/test-outbox.js';

/** A sink that is away until it is told to come back. */
class AwaySink implements EventSink {
  readonly name = 'away';
  readonly taken: GatewayEvent[] = [];
  comeBack: () => void = () => undefined;
  readonly #back = new Promise<void>((resolve) => (this.comeBack = resolve));
  #onTaken: () => void = () => undefined;

  async start(): Promise<void> {}

  async deliver(batch: readonly GatewayEvent[]): Promise<SinkReceipt> {
    await this.#back;
    this.taken.push(...batch);
    this.#onTaken();
    return allSettled(batch);
  }

  async stop(): Promise<void> {}

  async until(count: number): Promise<readonly GatewayEvent[]> {
    while (this.taken.length < count) await new Promise<void>((resolve) => (this.#onTaken = resolve));
    return this.taken;
  }
}

/** A handler on a real transport, with an outbox for 40 events whose sink is away. */
async function start(name: TransportName) {
  const { endpoints } = testConfig();
  const sink = new AwaySink();
  const outbox = testOutbox([sink], { config: { maxEvents: 40, maxBytes: 1024 * 1024 } });
  const registry = new ConnectionRegistry(new ConnectionIdSource(0));
  const delivery = new Delivery({ registry });
  const counters = new GatewayCounters();
  const options = {
    endpoints,
    registry,
    delivery,
    outbox,
    counters,
    admission: openAdmission(endpoints, { counters, isClosedToNew: () => outbox.isFull }),
    onClosed: () => undefined,
  };
  const handler = new ConnectionHandler(options);
  const chosen = await chooseTransport(name);
  const listen = { host: '127.0.0.1', port: 0 };
  const http = () => undefined;
  const transport = chosen.create({ listen, endpoints, handler, http, log: silentLogger });
  await outbox.start();
  delivery.start(transport);
  if (transport.canPause) handler.pauseWhenFull();
  const { port } = await transport.listen();
  onTestFinished(async () => {
    sink.comeBack();
    delivery.stop();
    await outbox.stop(1000);
    await transport.stop();
  });
  return { port, sink, outbox, counters };
}

function full(outbox: EventOutbox): Promise<void> {
  return outbox.state().full ? Promise.resolve() : new Promise((resolve) => outbox.onFullChange(() => resolve()));
}

async function flood(port: number, count: number): Promise<RawWebSocket> {
  const client = await RawWebSocket.open(port, '/connect');
  onTestFinished(() => client.destroy());
  for (let number = 0; number < count; number += 1) client.send(OPCODE.text, String(number));
  return client;
}

function messages(events: readonly GatewayEvent[]): string[] {
  return events
    .filter(({ action }) => action === 'message')
    .map(({ message }) => Buffer.from(message ?? []).toString());
}

describe.each(['uws', 'ws'] as const)('when the outbox is full, %s', (name) => {
  it('new connections get 503 with Retry-After', async () => {
    const { port, outbox, counters } = await start(name);
    await flood(port, 100);
    await full(outbox);
    const late = await RawWebSocket.connect(port);
    late.write(upgradeRequest('/connect'));
    const { status, headers } = await late.answer();
    expect([status, headers.get('retry-after')]).toEqual([503, '1']);
    expect(counters.upgradesRefused).toBe(1);
    late.destroy();
  });
});

it('on uws a client whose message cannot be held is closed with 1013; accepted events are delivered without a gap', async () => {
  const { port, sink, counters } = await start('uws');
  const client = await flood(port, 100);
  expect(await client.closeCode()).toBe(1013);
  const accepted = counters.messagesReceived - counters.messagesRefused;
  expect(counters.messagesRefused).toBeGreaterThan(0);
  sink.comeBack();
  const events = await sink.until(accepted + 2);
  expect(events.map(({ action }) => action).filter((action) => action !== 'message')).toEqual(['open', 'close']);
  expect(events.at(-1)?.action).toBe('close');
  expect(messages(events)).toEqual(Array.from({ length: accepted }, (_, number) => String(number)));
  expect([...counters.closedByReason]).toEqual([['outbox_full', 1]]);
});

it('on ws clients are not read until the sink returns, and then nothing is missing', async () => {
  const { port, sink, outbox, counters } = await start('ws');
  await flood(port, 5);
  const client = await flood(port, 30);
  await full(outbox);
  client.send(OPCODE.text, '30');
  client.send(OPCODE.ping, 'alive?');
  sink.comeBack();
  expect((await client.frame()).opcode).toBe(OPCODE.pong);
  const events = await sink.until(2 + 5 + 31);
  const connection = events.filter(({ action }) => action === 'open')[1]?.connection;
  const own = events.filter((event) => event.connection === connection);
  expect(messages(own)).toEqual(Array.from({ length: 31 }, (_, number) => String(number)));
  expect(counters.messagesRefused).toBe(0);
});
