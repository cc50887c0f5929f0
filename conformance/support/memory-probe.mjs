// Preloaded into a gateway that a harness started with an IPC channel: collects garbage when asked
// and says what is left. Workers of the gateway are preloaded too; their channel is their
// supervisor's.
import cluster from 'node:cluster';

if (cluster.isPrimary) {
  process.on('message', () => {
    for (let round = 0; round < 3; round += 1) globalThis.gc();
    process.send(process.memoryUsage());
  });
  // Nobody asks any more: the harness has gone, however that came about.
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  // The channel must not keep the gateway alive.
  process.channel.unref();
}
