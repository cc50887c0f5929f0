import { expect, it } from 'vitest';
import { OPCODE } from '../../support/raw-websocket.js';
import { onBothConcurrently } from './transport-fixture.js';

onBothConcurrently('silent peers', (bench) => {
  it(
    'pings a silent peer, cuts one that does not answer, and keeps one that does',
    { timeout: 30_000 },
    async ({ onTestFinished }) => {
      const fixture = await bench.start({ endpoints: [{ idleTimeoutS: 8 }] });
      onTestFinished(() => fixture.transport.stop());
      const mute = await bench.raw(fixture);
      const polite = await bench.client(fixture);
      const pinged = new Promise((resolve) => polite.once('ping', resolve));
      expect((await mute.frame()).opcode).toBe(OPCODE.ping);
      expect((await fixture.handler.nextClose()).code).toBe(1006);
      await mute.ended;
      await pinged;
      expect(polite.readyState).toBe(polite.OPEN);
      polite.terminate();
    },
  );

  it(
    `cuts a peer that does not answer a close frame and does not go`,
    { timeout: 30_000 },
    async ({ onTestFinished }) => {
      const fixture = await bench.start({ endpoints: [{ idleTimeoutS: 8 }] });
      onTestFinished(() => fixture.transport.stop());
      const client = await bench.raw(fixture);
      client.socket.allowHalfOpen = true;
      const cut = new Promise((resolve) => client.socket.once('close', resolve));
      (await fixture.handler.next('open')).socket.end(1000, 'go');
      expect(await client.closeCode()).toBe(1000);
      const probe = setInterval(() => client.send(OPCODE.ping, 'still here'), 500);
      await cut;
      clearInterval(probe);
    },
  );
});
