import { expect, it, onTestFinished } from 'vitest';
import { ConnectionIdSource } from '../../../src/gateway/connection/connection-id.js';
import { ConnectionRegistry } from '../../../src/gateway/connection/registry.js';
import { ConnectionMirror } from '../../../src/gateway/mirror/connection-mirror.js';
import { freePort } from '../../support/broker-process.js';
import { idleSocket } from '../../support/idle-socket.js';
import { ManualClock } from '../../support/manual-clock.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { testEndpoint } from '../../support/test-endpoint.js';

it('a mirror keeps no state of connections that come and go while Redis is unavailable', async () => {
  const [clock, log, registry] = [
    new ManualClock(),
    new RecordingLogger(),
    new ConnectionRegistry(new ConnectionIdSource(1)),
  ];
  const config = { addr: `redis://127.0.0.1:${await freePort()}`, ttlMs: 60_000 };
  const mirror = new ConnectionMirror({ config, registry, node: '0001', clock, log });
  registry.onRetagged((connection, before) => mirror.retagged(connection, before));
  onTestFinished(() => mirror.stop());
  await mirror.start();
  let sequence = 0;
  const open = () => {
    const connection = registry.open(idleSocket, testEndpoint({}));
    mirror.opened(connection, ++sequence);
    return connection;
  };
  const close = (connection: ReturnType<typeof open>) => {
    registry.close(connection);
    mirror.closed(connection, ++sequence, 'closed_by_client');
    mirror.delivered(sequence);
  };
  const wasThere = open();
  clock.advance(1_000);
  for (let visit = 0; visit < 1_000; visit++) {
    const connection = open();
    registry.setTags(connection, new Map([['seen', '1']]));
    close(connection);
  }
  close(wasThere);
  expect(mirror.state()).toMatchObject({ isUp: false, pending: 2, opensLate: 1_001 });
});
