import { it } from 'vitest';
import { CLOSE_GRACE_MS } from '../../../src/gateway/transport/socket.js';
import { OPCODE } from '../../support/raw-websocket.js';
import { bytes, onBothConcurrently } from './transport-fixture.js';

onBothConcurrently('silent peers', (bench) => {
  it(
    'pings a silent peer, cuts one that does not answer, and keeps one that does',
    { timeout: 30_000 },
    async ({ expect, onTestFinished }) => {
      const fixture = await bench.start({ endpoints: [{ idleTimeoutS: 8 }] });
      onTestFinished(() => fixture.transport.stop());
      const mute = await bench.raw(fixture);
      const polite = await bench.client(fixture);
      const pinged = new Promise((resolve) => polite.once('ping', resolve));
      expect((await mute.frame()).opcode).toBe(OPCODE.ping);
      expect(await fixture.handler.nextClose()).toBe('connection_lost');
      await mute.ended;
      await pinged;
      expect(polite.readyState).toBe(polite.OPEN);
      polite.terminate();
    },
  );

  it(
    `cuts a peer that does not answer a close frame and does not go`,
    { timeout: 30_000 },
    async ({ expect, onTestFinished }) => {
      let ignored = 0;
      const fixture = await bench.start({ endpoints: [{ idleTimeoutS: 8 }], onCloseIgnored: () => (ignored += 1) });
      onTestFinished(() => fixture.transport.stop());
      const client = await bench.raw(fixture);
      client.socket.allowHalfOpen = true;
      const cut = new Promise((resolve) => client.socket.once('close', resolve));
      (await fixture.handler.next('open')).socket.end('drain');
      expect(await client.closeCode()).toBe(1001);
      const probe = setInterval(() => client.send(OPCODE.ping, 'still here'), 500);
      await cut;
      clearInterval(probe);
      // uWebSockets.js lets go of a socket with its close frame: nobody hears what becomes of it.
      await expect.poll(() => ignored).toBe(bench.name === 'ws' ? 1 : 0);
    },
  );

  it(
    'cuts a peer that does not read what stands before its close frame',
    { timeout: 30_000 },
    async ({ expect, onTestFinished }) => {
      let ignored = 0;
      const fixture = await bench.start({ onCloseIgnored: () => (ignored += 1) });
      onTestFinished(() => fixture.transport.stop());
      const client = await bench.raw(fixture);
      const { socket } = await fixture.handler.next('open');
      client.socket.pause();
      while (socket.send(bytes(64 * 1024)) === 'sent') await new Promise((resolve) => setImmediate(resolve));
      socket.end('slow_client');
      await new Promise((resolve) => setTimeout(resolve, CLOSE_GRACE_MS + 500));
      client.socket.resume();
      const frames: number[] = [];
      await client.ended
        .then(async () => {
          for (;;) frames.push((await client.frame()).opcode);
        })
        .catch(() => undefined);
      expect(frames.length).toBeGreaterThan(0);
      expect(frames).not.toContain(OPCODE.close);
      await expect.poll(() => ignored).toBe(1);
    },
  );
});
