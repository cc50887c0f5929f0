import { describe, expect, it, onTestFinished } from 'vitest';
import { TcpProxy } from '../../../support/tcp-proxy.js';
import { settle } from '../../../support/settle.js';
import { RecordingLogger } from '../../../support/recording-logger.js';
import { EngineNode, freePort, KINDS, startBroker, urlOf } from './engine-node.js';

/** Servers that know the user of a test. */
const SETTINGS = {
  nats: ['authorization { user: user, password: hunter2 }'],
  redis: ['--user', 'user', 'on', '>hunter2', '+@all', '~*', '&*'],
};
const MESSAGES = 50_000;
const EACH_TICK = 100;

/** Publishes numbered messages to all, some in each turn of the event loop. */
async function publishNumbers(sender: EngineNode, offset: number): Promise<void> {
  for (let number = 0; number < MESSAGES; number += 1) {
    const bytes = Buffer.alloc(8);
    bytes.writeUInt32BE(sender.node, 0);
    bytes.writeUInt32BE(offset + number, 4);
    expect(sender.engine.publish({ to: number % 2 === 0 ? 'all' : 'beats' }, bytes)).toBe(true);
    if (number % EACH_TICK === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

function numbersFrom(receiver: EngineNode, sender: EngineNode): number[] {
  return receiver.messages
    .filter((bytes) => bytes.readUInt32BE(0) === sender.node)
    .map((bytes) => bytes.readUInt32BE(4));
}

describe.each(KINDS)('%s', (kind) => {
  it('keeps the order of 50,000 messages of each sender, in both directions', async () => {
    const { url } = await startBroker(kind);
    const one = await EngineNode.started({ kind, addr: url, node: 1 });
    const two = await EngineNode.started({ kind, addr: url, node: 2 });
    await Promise.all([publishNumbers(one, 0), publishNumbers(two, 0)]);
    const expected = Array.from({ length: MESSAGES }, (_, number) => number);
    for (const receiver of [one, two]) {
      await settle(() => receiver.messages.length === 2 * MESSAGES);
      for (const sender of [one, two]) expect(numbersFrom(receiver, sender)).toEqual(expected);
    }
  });

  it('delivers each target to those who listen on it', async () => {
    const { url } = await startBroker(kind);
    const one = await EngineNode.started({ kind, addr: url, node: 1 });
    const two = await EngineNode.started({ kind, addr: url, node: 0xabcd });
    const stranger = await EngineNode.started({ kind, addr: url, node: 1, cluster: 'shop2' });
    one.engine.publish({ to: 'node', node: 0xabcd }, Buffer.from('node'));
    one.engine.publish({ to: 'inbox', node: 0xabcd, boot: two.boot }, Buffer.from('inbox'));
    one.engine.publish({ to: 'inbox', node: 0xabcd, boot: two.boot - 1 }, Buffer.from('late'));
    one.engine.publish({ to: 'beats' }, Buffer.from('beat'));
    one.engine.publish({ to: 'all' }, Buffer.from('all'));
    await settle(() => one.messages.length >= 2 && two.messages.length >= 4);
    expect(one.texts).toEqual(['beat', 'all']);
    expect(two.texts).toEqual(['node', 'inbox', 'beat', 'all']);
    expect(stranger.texts).toEqual([]);
  });

  it('takes a message of exactly the largest size, and drops a larger one', async () => {
    const { url } = await startBroker(kind);
    const one = await EngineNode.started({ kind, addr: url, node: 1 });
    const { maxMessageBytes } = one.engine;
    expect(maxMessageBytes).toBe(1024 * 1024);
    const largest = Buffer.alloc(maxMessageBytes, 'x\r\n');
    expect(one.engine.publish({ to: 'all' }, Buffer.alloc(maxMessageBytes + 1))).toBe(false);
    expect(one.engine.publish({ to: 'all' }, largest)).toBe(true);
    expect(one.engine.publish({ to: 'all' }, Buffer.from('after'))).toBe(true);
    await settle(() => one.messages.length >= 2);
    expect(one.messages[0]?.equals(largest)).toBe(true);
    expect(one.texts[1]).toBe('after');
    expect(one.reasons).toEqual([]);
  });

  it('is up again after a restart of the server, and queues nothing meanwhile', async () => {
    const broker = await startBroker(kind);
    const [one, two] = [
      await EngineNode.started({ kind, addr: broker.url, node: 1 }),
      await EngineNode.started({ kind, addr: broker.url, node: 2 }),
    ];
    await broker.process.kill();
    await settle(() => !one.engine.isUp && !two.engine.isUp);
    expect(one.engine.publish({ to: 'all' }, Buffer.from('meanwhile'))).toBe(false);
    await broker.process.start();
    await settle(() => one.engine.isUp && two.engine.isUp);
    expect(one.engine.publish({ to: 'all' }, Buffer.from('again'))).toBe(true);
    await settle(() => two.messages.length > 0);
    expect(two.texts).toEqual(['again']);
    expect([one.ups, one.reasons.length]).toEqual([2, 1]);
  });

  it('reports a cut once, and connects again', async () => {
    const { port } = await startBroker(kind);
    const proxy = await TcpProxy.start(port);
    onTestFinished(() => proxy.stop());
    const one = await EngineNode.started({ kind, addr: urlOf(kind, proxy.port), node: 1 });
    proxy.dropConnections();
    await settle(() => one.ups === 2);
    expect(one.reasons).toHaveLength(1);
    one.engine.publish({ to: 'all' }, Buffer.from('again'));
    await settle(() => one.messages.length > 0);
    expect(one.texts).toEqual(['again']);
  });

  it('finds a link on which nothing arrives within seconds', async () => {
    const { port } = await startBroker(kind);
    const proxy = await TcpProxy.start(port);
    onTestFinished(() => proxy.stop());
    const one = await EngineNode.started({ kind, addr: urlOf(kind, proxy.port), node: 1 });
    const silentAt = performance.now();
    proxy.silence();
    await settle(() => one.reasons.length === 1);
    expect(performance.now() - silentAt).toBeLessThan(15_000);
    expect(one.reasons[0]).toContain('nothing came from it for 4 s');
    await settle(() => one.ups === 2);
  });

  it('is back within seconds when the engine can be reached again, after attempts that hung', async () => {
    const { port } = await startBroker(kind);
    const proxy = await TcpProxy.start(port);
    onTestFinished(() => proxy.stop());
    const one = await EngineNode.started({ kind, addr: urlOf(kind, proxy.port), node: 1 });
    proxy.silenceAll();
    await settle(() => one.reasons.length === 1);
    // One attempt has hung and ended, and another one hangs.
    const before = proxy.connections;
    await settle(() => proxy.connections >= before + 3);
    proxy.hearAgain();
    const healedAt = performance.now();
    await settle(() => one.ups === 2);
    expect(performance.now() - healedAt).toBeLessThan(10_000);
  });

  it('opens a new connection when it is told to', async () => {
    const { port } = await startBroker(kind);
    const proxy = await TcpProxy.start(port);
    onTestFinished(() => proxy.stop());
    const one = await EngineNode.started({ kind, addr: urlOf(kind, proxy.port), node: 1 });
    const before = proxy.connections;
    one.engine.reconnect('it is deaf');
    expect(one.engine.isUp).toBe(false);
    await settle(() => one.engine.isUp);
    expect(one.reasons).toEqual(['it is deaf']);
    expect(proxy.connections).toBe(2 * before);
  });

  it('starts without the server, says so without the password, and is up once it is there', async () => {
    const port = await freePort();
    const log = new RecordingLogger();
    const one = await EngineNode.started({ kind, addr: urlOf(kind, port, 'user:hunter2@'), node: 1, log });
    expect(one.engine.isUp).toBe(false);
    await settle(() => log.lines.length > 0);
    expect(log.lines[0]).toMatchObject({ level: 'warn', event: 'cluster.engine-away', fields: { engine: kind } });
    expect(JSON.stringify(log.lines)).not.toContain('hunter2');
    const proxy = await TcpProxy.start((await startBroker(kind, SETTINGS[kind])).port, port);
    onTestFinished(() => proxy.stop());
    await settle(() => one.engine.isUp);
  });

  it('sends what was published before the stop', async () => {
    const { url } = await startBroker(kind);
    const one = await EngineNode.started({ kind, addr: url, node: 1 });
    const two = await EngineNode.started({ kind, addr: url, node: 2 });
    one.engine.publish({ to: 'all' }, Buffer.from('bye'));
    await one.engine.stop();
    await settle(() => two.messages.length > 0);
    expect(two.texts).toEqual(['bye']);
    expect(one.engine.publish({ to: 'all' }, Buffer.from('late'))).toBe(false);
    expect(one.reasons).toEqual([]);
  });
});
