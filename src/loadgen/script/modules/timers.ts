import type { VuContext } from '../runtime/vu-context.js';
import { wrongType, isFunction } from '../runtime/values.js';

/**
 * The timers of one virtual user. Callbacks run in its event loop. Pending timers are dropped if
 * the iteration is interrupted.
 */
export function createTimersModule(vu: VuContext): Readonly<Record<string, unknown>> {
  const cancels = new Map<number, () => void>();
  let last = 0;
  const start = (name: string, isRepeated: boolean) => {
    return (callback: unknown, delay?: unknown, ...args: unknown[]): number => {
      if (!isFunction(callback)) throw wrongType(`${name}()`, callback, 'a function');
      const delayMs = Math.max(isRepeated ? 1 : 0, Number(delay ?? 0) || 0);
      last += 1;
      const id = last;
      const arm = (): void => {
        const fulfil = vu.loop.reserve();
        const forget = vu.onIterationEnd(() => cancels.get(id)?.());
        const cancel = vu.thread.clock.schedule(() => {
          forget();
          fulfil(() => {
            if (!cancels.has(id)) return undefined;
            if (isRepeated) arm();
            else cancels.delete(id);
            return vu.guard.call(callback, undefined, args);
          });
        }, delayMs);
        cancels.set(id, () => {
          cancel();
          forget();
          cancels.delete(id);
          fulfil();
        });
      };
      arm();
      return id;
    };
  };
  const clear = (id: unknown): void => cancels.get(Number(id))?.();
  return {
    setTimeout: start('setTimeout', false),
    setInterval: start('setInterval', true),
    clearTimeout: clear,
    clearInterval: clear,
  };
}
