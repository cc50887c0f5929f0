import cluster, { type Worker } from 'node:cluster';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import type { LogFields } from '../../src/core/logger.js';
import type { RecordingLogger } from './recording-logger.js';

/** The module of worker processes whose lines are recorded. */
export const WORKER_OF_TEST = fileURLToPath(new URL('worker-of-test.mjs', import.meta.url));

const workerLine = z.object({
  kind: z.literal('log'),
  level: z.string(),
  event: z.string(),
  fields: z.custom<LogFields>((value) => typeof value === 'object' && value !== null),
});

/** Adds the lines of workers to `log`, the log of their supervisor, until the end of the test. */
export function recordWorkers(log: RecordingLogger): void {
  const isOwn = (pid: number | undefined): boolean =>
    log.lines.some(({ event, fields }) => event === 'worker.started' && fields['pid'] === pid);
  const onMessage = (worker: Worker, raw: unknown): void => {
    const { data } = workerLine.safeParse(raw);
    if (data !== undefined && isOwn(worker.process.pid)) log.lines.push(data);
  };
  cluster.on('message', onMessage);
  onTestFinished(() => void cluster.off('message', onMessage));
}
