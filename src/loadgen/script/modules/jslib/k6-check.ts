import type { VuContext } from '../../runtime/vu-context.js';
import { tagsArgument, isFunction, isObject } from '../../runtime/values.js';

/**
 * `check` of `k6-utils`: unlike the one of `k6` it takes promises, as the value and as conditions,
 * and answers with a promise then. It records `checks` with the tag `check` and no tree of checks,
 * as the library does.
 */
export class AsyncChecks {
  readonly #vu: VuContext;
  readonly #tags: ReadonlyMap<string, string>;

  constructor(vu: VuContext, tags: unknown) {
    this.#vu = vu;
    this.#tags = tagsArgument('check()', tags);
  }

  check(value: unknown, checkers: unknown): unknown {
    if (value instanceof Promise) return value.then((settled: unknown) => this.check(settled, checkers));
    const entries = Object.entries(isObject(checkers) ? checkers : {});
    const results: unknown[] = [];
    const go = (from: number): unknown => {
      for (let index = from; index < entries.length; index += 1) {
        const [name = '', checker] = entries[index] ?? [];
        if (!isFunction(checker)) results.push(this.#outcome(name, checker));
        else {
          const returned = this.#vu.guard.call(checker, undefined, [value]);
          // The condition waits, for the answer to a request for instance.
          if (returned instanceof Promise)
            return this.#vu.wait(
              returned.then((late) => {
                results.push(this.#outcome(name, late.value));
                return go(index + 1);
              }),
            );
          results.push(this.#outcome(name, returned.value));
        }
      }
      return hasPassed(results);
    };
    return go(0);
  }

  #outcome(name: string, outcome: unknown): unknown {
    return outcome instanceof Promise
      ? outcome.then((settled: unknown) => this.#record(name, settled))
      : this.#record(name, outcome);
  }

  #record(name: string, value: unknown): boolean {
    const tags = new Map([...this.#tags, ['check', name] as const]);
    this.#vu.thread.metrics.checks.add(value ? 1 : 0, this.#vu.tagsWith(tags));
    return Boolean(value);
  }
}

function hasPassed(results: readonly unknown[]): unknown {
  const isPassed = (all: readonly unknown[]): boolean => all.every(Boolean);
  return results.some((result) => result instanceof Promise) ? Promise.all(results).then(isPassed) : isPassed(results);
}
