import type { Returned } from '../../runtime/guard.js';
import type { VuContext } from '../../runtime/vu-context.js';
import { isFunction } from '../../runtime/values.js';

/** A loop that calls a script function for each node. */
export interface Visit {
  readonly callback: unknown;
  /** The error message if the argument is not a function. */
  readonly refusal: string;
  readonly argument: (index: number) => unknown;
  readonly take: (value: unknown, index: number) => void;
  /** Receives the error that the function threw. */
  readonly fail: (error: unknown) => void;
}

interface VisitLoop {
  readonly vu: VuContext;
  readonly count: number;
}

/** Calls the function for each node in order. Returns a promise only if the function blocks. */
export function visitNodes<T>(loop: VisitLoop, visit: Visit, give: () => T, from = 0): T | Promise<T> {
  const { callback, refusal, argument, take } = visit;
  if (!isFunction(callback)) throw new TypeError(refusal);
  for (let index = from; index < loop.count; index += 1) {
    try {
      const returned = loop.vu.guard.call(callback, undefined, [index, argument(index)]);
      if (returned instanceof Promise) {
        const visited = visitWaiting(returned, { loop, visit, index });
        return loop.vu.wait(visited.then(() => visitNodes(loop, visit, give, index + 1)));
      }
      take(returned.value, index);
    } catch (error) {
      report(error, loop, visit);
    }
  }
  return give();
}

interface VisitOfOne {
  readonly loop: VisitLoop;
  readonly visit: Visit;
  readonly index: number;
}

async function visitWaiting(returned: Promise<Returned>, { loop, visit, index }: VisitOfOne): Promise<void> {
  try {
    visit.take((await returned).value, index);
  } catch (error) {
    report(error, loop, visit);
  }
}

/** An interruption is not an error of the function: it ends the iteration. */
function report(error: unknown, { vu }: VisitLoop, { fail }: Visit): void {
  if (vu.guard.interruption !== undefined) throw error;
  fail(error);
}
