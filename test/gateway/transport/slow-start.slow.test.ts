import { expect, it } from 'vitest';
import { RawWebSocket } from '../../support/raw-websocket.js';
import { TLS_A } from '../../support/tls-files.js';
import { onBothTransports } from './transport-fixture.js';

const TIMEOUT_MS = 60_000;
/** Deadlines are 10 s, and looked after every 2 to 4 s. */
const CUT_WITHIN_MS = 40_000;

onBothTransports('connections that never complete a request', (bench) => {
  it(
    'are cut: silent ones, half a request head, half a TLS handshake, one that does not begin',
    async () => {
      const plain = await bench.start();
      const tls = await bench.start({ tls: TLS_A });
      const starts = [
        [plain, ''],
        [plain, 'GET /ws HTTP/1.1\r\nHost: loc'],
        [tls, ''],
        [tls, Buffer.from([0x16, 3, 1, 2, 0, 1])],
      ] as const;
      const startedAt = performance.now();
      await Promise.all(
        starts.map(async ([{ port }, bytes]) => {
          const client = await RawWebSocket.connect(port);
          if (bytes.length > 0) client.write(bytes);
          await client.ended;
        }),
      );
      expect(performance.now() - startedAt).toBeLessThan(CUT_WITHIN_MS);
    },
    TIMEOUT_MS,
  );
});
