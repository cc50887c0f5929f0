// Preloaded into a gateway that a harness started with an IPC channel: collects garbage when asked
// and says what is left.
process.on('message', () => {
  for (let round = 0; round < 3; round += 1) globalThis.gc();
  process.send(process.memoryUsage());
});
// Nobody asks any more: the harness has gone, however that came about.
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
// The channel must not keep the gateway alive.
process.channel.unref();
