import { expect, it } from 'vitest';
import type { HttpRequest } from '../../../src/gateway/transport/http/http-exchange.js';
import type { UpgradeDecision } from '../../../src/gateway/transport/transport.js';
import { OPCODE, RawWebSocket, upgradeRequest } from '../../support/raw-websocket.js';
import { type Bench, type Fixture, onBothTransports, PATH } from './transport-fixture.js';

const GRANT = { tags: new Map([['user', 'ann']]), expiresAtMs: 4711 };
const LATER: UpgradeDecision = { accept: true, grant: GRANT };

async function ask(fixture: Fixture, path = PATH, headers: Readonly<Record<string, string>> = {}) {
  const client = await RawWebSocket.connect(fixture.port);
  client.write(upgradeRequest(path, headers));
  const { status } = await client.head();
  client.destroy();
  return status;
}

onBothTransports('the decision on an upgrade', (bench: Bench) => {
  it.each(['at once', 'later'])('is passed to open when decided %s', async (when) => {
    const fixture = await bench.start();
    fixture.handler.onUpgrade = () => (when === 'later' ? Promise.resolve(LATER) : LATER);
    await bench.raw(fixture);
    expect((await fixture.handler.next('open')).grant).toBe(GRANT);
  });

  it('is checked again when it is late, and not when it is immediate', async () => {
    const fixture = await bench.start();
    fixture.handler.onRecheck = () => ({ accept: false, status: 429 });
    fixture.handler.onUpgrade = () => LATER;
    expect(await ask(fixture)).toBe(101);
    fixture.handler.onUpgrade = () => Promise.resolve(LATER);
    expect(await ask(fixture)).toBe(429);
    fixture.handler.onUpgrade = () => Promise.resolve({ accept: false, status: 401 });
    expect(await ask(fixture)).toBe(401);
  });

  it('keeps connections open that it accepts late, even right after others have closed', async () => {
    const fixture = await bench.start();
    fixture.handler.onUpgrade = async () => {
      await new Promise((resolve) => setImmediate(resolve));
      return { accept: true };
    };
    for (let round = 0; round < 30; round += 1) {
      const client = await bench.raw(fixture);
      const { socket } = await fixture.handler.next('open');
      client.send(OPCODE.text, 'still here');
      await fixture.handler.next('message');
      expect(socket.isOpen()).toBe(true);
      client.destroy();
      await fixture.handler.nextClose();
    }
  });

  it('knows the address of a client that disconnected before the decision', async () => {
    const fixture = await bench.start();
    const asked = new Promise<HttpRequest>((resolve) => {
      fixture.handler.onUpgrade = (request) => {
        resolve(request);
        return new Promise(() => undefined);
      };
    });
    const client = await RawWebSocket.connect(fixture.port);
    client.write(upgradeRequest(PATH));
    const request = await asked;
    client.destroy();
    fixture.handler.onUpgrade = () => ({ accept: true });
    // The address of a later client is read later.
    await bench.raw(fixture);
    await bench.raw(fixture);
    expect(request.remoteAddress).toBe('127.0.0.1');
  });

  it('sees the client behind a proxy if addressOf names it', async () => {
    const fixture = await bench.start({ addressOf: (peer, headers) => headers.get('x-client') ?? peer });
    await bench.raw(fixture, { 'X-Client': '203.0.113.7' });
    const { request, socket } = await fixture.handler.next('open');
    expect([request.remoteAddress, socket.remoteAddress]).toEqual(['203.0.113.7', '203.0.113.7:0']);
  });

  it('is not requested for a head above the limit, in one segment or several', async () => {
    const fixture = await bench.start({ maxHeadBytes: 8 * 1024 });
    expect(await ask(fixture, PATH, { Cookie: 'x'.repeat(7 * 1024) })).toBe(101);
    expect(await ask(fixture, PATH, { Cookie: 'x'.repeat(9 * 1024) })).toBe(431);
    expect(await ask(fixture, `${PATH}?${'x'.repeat(9 * 1024)}`)).toBe(431);
    expect(await ask(fixture, `/send?${'x'.repeat(9 * 1024)}`)).toBe(431);
    expect(fixture.handler.count('open')).toBe(1);
  });
});
