/**
 * The module of a worker process. Imports nothing before it ignores signals: SIGINT of a terminal
 * reaches every process of the group, and the supervisor alone decides when workers end.
 */
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

const { runWorker } = await import('./worker-session.js');
await runWorker();
