/**
 * The module of a worker process of a test: it sends its log lines to the test, in the order in
 * which it answers clients. Imports what the build made, as `wsg serve` does.
 */
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined);

const { runWorker } = await import('../../dist/cli/gateway/worker-session.js');

const line = (level) => (event, fields) => {
  process.send?.({ kind: 'log', level, event, fields: { ...fields } }, undefined, undefined, () => undefined);
};
const log = { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') };
const lines = { flush: () => Promise.resolve(), flushNow: () => undefined };
await runWorker(() => ({ log, lines }));
