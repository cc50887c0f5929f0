import { describe, expect, it, onTestFinished } from 'vitest';
import { OPCODE, type RawWebSocket } from '../support/raw-websocket.js';
import { RunningGateway } from '../support/running-gateway.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';

const KIB = 1024;
const MAX_BYTES = 512 * KIB;

/** A gateway whose receiver is away, until it is started again. */
async function startAway(transport: 'ws' | 'uws', outbox: Readonly<Record<string, number>> = {}) {
  const receiver = await WebhookReceiver.start();
  onTestFinished(() => receiver.stop());
  await receiver.stop();
  const gateway = await RunningGateway.start({
    transport,
    max_message_size_kb: 4096,
    stream_webhook: { url: receiver.url },
    outbox: { max_bytes: MAX_BYTES, ...outbox },
  });
  return { gateway, receiver };
}

/** Sends a text and waits until the gateway has taken it. */
async function sendTaken(gateway: RunningGateway, client: RawWebSocket, text: string): Promise<void> {
  const before = await waiting(gateway);
  client.send(OPCODE.text, text);
  await expect.poll(() => waiting(gateway), { timeout: 15_000 }).toBeGreaterThan(before);
}

async function waiting(gateway: RunningGateway): Promise<number> {
  return Number(/outbox_events: (\d+)/.exec(await gateway.get('/readyz'))?.[1]);
}

/** Messages that arrived, by what they begin with. */
function arrived(receiver: WebhookReceiver, prefix: string): readonly string[] {
  return receiver.taken.map(({ message = '' }) => message).filter((message) => message.startsWith(prefix));
}

/**
 * Resolves when the message was held and its client paused, where that can be; else when the client
 * was closed with 1013.
 */
async function heldOrClosed(transport: 'ws' | 'uws', gateway: RunningGateway, client: RawWebSocket): Promise<void> {
  const isHeld = async () => (await gateway.get('/readyz')).includes('outbox_held_bytes');
  const outcome = transport === 'uws' ? async () => (await client.closeCode()) === 1013 : isHeld;
  await expect.poll(outcome, { timeout: 15_000 }).toBe(true);
}

const isFull = async (gateway: RunningGateway) => (await gateway.get('/readyz')).startsWith('outbox-full');

describe.each(['ws', 'uws'] as const)('an outbox whose sink is away (%s)', (transport) => {
  it('refuses a message that never fits, and accepts those of others', async () => {
    const { gateway, receiver } = await startAway(transport);
    const small = await gateway.connect();
    const large = await gateway.connect();
    await sendTaken(gateway, small, 'small 1');
    large.send(OPCODE.text, 'x'.repeat(600 * KIB));
    expect(await large.closeCode()).toBe(1009);
    expect(await isFull(gateway)).toBe(false);
    const another = await gateway.connect();
    await sendTaken(gateway, another, 'small 2');
    await receiver.start();
    await expect.poll(() => arrived(receiver, 'small'), { timeout: 15_000 }).toEqual(['small 1', 'small 2']);
    const reasons = await gateway.get('/metrics');
    expect(reasons).toMatch(/connections_closed_total\{reason="message_above_bound"\} 1/);
  });

  it('accepts the messages of others while one is held or refused', async () => {
    const { gateway, receiver } = await startAway(transport, { connection_share: 1 });
    const filler = await gateway.connect();
    const large = await gateway.connect();
    const small = await gateway.connect();
    await sendTaken(gateway, filler, `filler ${'f'.repeat(400 * KIB)}`);
    large.send(OPCODE.text, `large ${'l'.repeat(100 * KIB)}`);
    await heldOrClosed(transport, gateway, large);
    expect(await isFull(gateway)).toBe(false);
    await sendTaken(gateway, small, 'small');
    await receiver.start();
    await expect.poll(() => arrived(receiver, 'small'), { timeout: 15_000 }).toEqual(['small']);
    // Held messages follow, and their client continues.
    if (transport === 'ws') large.send(OPCODE.text, 'large again');
    const expected = transport === 'ws' ? 2 : 0;
    await expect.poll(() => arrived(receiver, 'large').length, { timeout: 15_000 }).toBe(expected);
    expect(await gateway.get('/readyz')).not.toContain('outbox_held_bytes');
  });

  it('lets no connection fill it with one message above its share', async () => {
    const { gateway, receiver } = await startAway(transport, { connection_share: 0.25 });
    const greedy = await gateway.connect();
    const modest = await gateway.connect();
    await sendTaken(gateway, modest, 'modest 1');
    // It fits into the bound, but what is left then makes the outbox full.
    greedy.send(OPCODE.text, 'g'.repeat(460 * KIB));
    expect(await greedy.closeCode()).toBe(1009);
    expect(await isFull(gateway)).toBe(false);
    await sendTaken(gateway, modest, 'modest 2');
    await receiver.start();
    await expect.poll(() => arrived(receiver, 'modest'), { timeout: 15_000 }).toEqual(['modest 1', 'modest 2']);
  });

  it('lets no connection take more than its share, and loses nothing that it accepted', async () => {
    const { gateway, receiver } = await startAway(transport, { connection_share: 0.25 });
    const greedy = await gateway.connect();
    const modest = await gateway.connect();
    const count = 400;
    for (let i = 0; i < count; i += 1) greedy.send(OPCODE.text, `greedy ${i} ${'g'.repeat(KIB)}`);
    await heldOrClosed(transport, gateway, greedy);
    const held = await waiting(gateway);
    // A quarter of the bound holds some 95 of these.
    expect(held).toBeGreaterThan(60);
    expect(held).toBeLessThan(115);
    expect(await isFull(gateway)).toBe(false);
    expect(await gateway.get('/metrics')).toMatch(/outbox_share_reached_total 1\n/);
    await sendTaken(gateway, modest, 'modest');
    await receiver.start();
    const isClosed = transport === 'uws';
    await expect
      .poll(() => arrived(receiver, 'greedy').length, { timeout: 15_000 })
      .toBeGreaterThanOrEqual(isClosed ? 60 : count);
    const numbers = arrived(receiver, 'greedy').map((message) => Number(message.split(' ')[1]));
    expect(numbers).toEqual(numbers.map((_, index) => index));
    expect(arrived(receiver, 'modest')).toEqual(['modest']);
  });
});
