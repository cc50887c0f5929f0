import { createClient } from '@redis/client';
import { freePorts, startDaemon } from './daemon.mjs';
import { cpuSeconds } from './process-tree.mjs';

/** A Redis that keeps nothing on disk, on one core where that is asked for, and a client of it. */
export async function startRedis({ core } = {}) {
  const [port] = await freePorts(1);
  const command = ['redis-server', '--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const daemon = await startDaemon(command, { core, port });
  const client = createClient({ url: `redis://127.0.0.1:${port}`, RESP: 2 });
  await client.connect();
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    client,
    cpuSeconds: () => cpuSeconds(daemon.pids()),
    async stop() {
      client.destroy();
      await daemon.stop();
    },
  };
}
