import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Collects all that nothing refers to. To be awaited in a job of its own: a WeakRef holds its
 * target to the end of the job that made it.
 */
export async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const gc: unknown = runInNewContext('gc');
  await setImmediate();
  if (typeof gc === 'function') gc();
}
