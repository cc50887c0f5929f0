import { connect } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { OPCODE } from '../../support/raw-websocket.js';
import { eventOf, SupervisedGateway } from '../../support/supervised-gateway.js';

const LONG = { timeout: 30_000, interval: 50 };
const TRANSPORTS = ['ws', 'uws'] as const;

describe.each(TRANSPORTS)('a gateway with two workers on %s', (transport) => {
  const start = () => SupervisedGateway.start({ args: ['--transport', transport] });

  it('delivers to the clients of both, counts them exactly, and emits their events', { timeout: 60_000 }, async () => {
    const gateway = await start();
    const events = await gateway.events();
    const clients = await gateway.connectToAll(3);
    expect(await gateway.post('/send?foo=bar', 'hello')).toBe(`${clients.length}`);
    for (const client of clients) expect(String((await client.frame()).payload)).toBe('hello');
    for (const client of clients) client.send(OPCODE.text, 'from a client');
    expect(await gateway.post('/close?foo=bar')).toBe(`${clients.length}`);
    for (const client of clients) expect(await client.closeCode()).toBe(1000);
    for (const client of clients) client.send(OPCODE.close, Buffer.from([0x03, 0xe8]));
    const seen = new Map<string, string[]>();
    for (const block of await events.nextBlocks(clients.length * 3)) {
      const { connection, action } = eventOf(block);
      seen.set(connection, [...(seen.get(connection) ?? []), action]);
    }
    expect(seen.size).toBe(clients.length);
    for (const actions of seen.values()) expect(actions).toEqual(['open', 'message', 'close']);
  });

  it('reaches a connection by its id, whichever worker takes the request', { timeout: 60_000 }, async () => {
    const gateway = await start();
    await gateway.connectToAll(1);
    for (const [, [id = '']] of await gateway.idsByWorker()) {
      // A new connection each time, so that the kernel may give the request to either worker.
      for (let asked = 0; asked < 4; asked += 1) {
        const headers = { Connection: 'close' };
        expect(await gateway.get(`/send?id=${id}`, { method: 'POST', body: 'one', headers })).toBe('1');
      }
    }
  });

  it('closes the connections of a killed worker alone, and starts it again', { timeout: 90_000 }, async () => {
    const gateway = await SupervisedGateway.start({ args: ['--transport', transport], asksSupervisor: true });
    const clients = await gateway.connectToAll(3);
    const lost = (await gateway.idsByWorker()).get(1) ?? [];
    const [first] = await gateway.workers();
    process.kill(first?.pid ?? 0, 'SIGKILL');
    await gateway.process.says(new RegExp(`"closes":${lost.length},`));
    const blocks = await (await gateway.events()).nextBlocks(clients.length + lost.length);
    const closes = blocks.map(eventOf).filter(({ action }) => action === 'close');
    expect(closes.map(({ connection }) => connection).toSorted()).toEqual(lost.toSorted());
    const left = clients.length - lost.length;
    await vi.waitFor(async () => expect(await gateway.post('/send?foo=bar', 'still')).toBe(`${left}`), LONG);
    await vi.waitFor(async () => {
      const [again] = await gateway.workers();
      expect(again?.state).toBe('up');
      expect(again?.pid).not.toBe(first?.pid);
    }, LONG);
    await gateway.connectToAll(3);
    gateway.process.kill('SIGTERM');
    expect(await gateway.process.ended).toMatchObject({ code: 0 });
  });

  it('ends its workers and frees the port when the supervisor is killed', { timeout: 60_000 }, async () => {
    const gateway = await start();
    await gateway.connectToAll(1);
    const pids = (await gateway.workers()).map(({ pid }) => pid);
    gateway.process.kill('SIGKILL');
    const killedAt = performance.now();
    await vi.waitFor(() => expect(pids.filter(isRunning)).toEqual([]), LONG);
    expect(performance.now() - killedAt).toBeLessThan(5_000);
    await vi.waitFor(async () => expect(await canConnect(gateway.port)).toBe(false), LONG);
  });

  it('refuses to start on the port of another one', { timeout: 60_000 }, async () => {
    const gateway = await start();
    const args = ['--transport', transport, '--listen', `127.0.0.1:${gateway.port}`];
    const second = await SupervisedGateway.launch({ args });
    const { code, stderr } = await second.ended;
    expect(code).toBe(15);
    expect(stderr).toContain('another process is listening on it');
    const alone = await SupervisedGateway.launch({ args, workers: 1 });
    expect(await alone.ended).toMatchObject({ code: 15 });
  });

  it('drains once at a Ctrl-C that reaches all processes', { timeout: 60_000 }, async () => {
    const gateway = await SupervisedGateway.start({ args: ['--transport', transport], detached: true });
    const clients = await gateway.connectToAll(1);
    gateway.process.killGroup('SIGINT');
    for (const client of clients) expect(await client.closeCode()).toBe(1001);
    const { code, stderr } = await gateway.process.ended;
    expect(code).toBe(0);
    expect(stderr.match(/"event":"gateway.draining"/g)).toHaveLength(1);
    expect(stderr).not.toContain('worker.died');
  });

  it('ends at once with 130 at the second Ctrl-C', { timeout: 60_000 }, async () => {
    const config = { drain: { close_spread_s: 30 } };
    const gateway = await SupervisedGateway.start({ args: ['--transport', transport], config, detached: true });
    await gateway.connectToAll(3);
    const pids = (await gateway.workers()).map(({ pid }) => pid);
    gateway.process.killGroup('SIGINT');
    await gateway.process.says(/gateway.draining/);
    gateway.process.killGroup('SIGTERM');
    expect(await gateway.process.ended).toMatchObject({ code: 130 });
    await vi.waitFor(() => expect(pids.filter(isRunning)).toEqual([]), LONG);
  });
});

describe('a gateway whose workers still start', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('ends with 0 and without them at %s', { timeout: 60_000 }, async (signal) => {
    const gateway = await SupervisedGateway.launch({ detached: true });
    const [, pid] = await gateway.says(/"worker":2,"pid":(\d+)/);
    gateway.killGroup(signal);
    const { code, stderr } = await gateway.ended;
    expect(code).toBe(0);
    expect(stderr).not.toContain('worker.died');
    expect(isRunning(Number(pid))).toBe(false);
  });

  it('as after the death of one, drains without waiting for the next', { timeout: 60_000 }, async () => {
    const gateway = await SupervisedGateway.start({ detached: true });
    const clients = await gateway.connectToAll(1);
    const [first] = await gateway.workers();
    const codes = clients.map((client) => client.closeCode().catch(() => 'cut'));
    process.kill(first?.pid ?? 0, 'SIGKILL');
    await gateway.process.says(/"event":"worker\.died"[^]*"event":"worker\.started"/);
    const askedMs = performance.now();
    gateway.process.killGroup('SIGINT');
    expect(new Set(await Promise.all(codes))).toEqual(new Set(['cut', 1001]));
    const { code, stderr } = await gateway.process.ended;
    expect(code).toBe(0);
    // A worker that does not drain is killed after 15 s.
    expect(performance.now() - askedMs).toBeLessThan(12_000);
    expect(stderr).not.toMatch(/stop-failed|start-failed/);
  });
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
