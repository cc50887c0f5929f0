import { readArrayStep, type ArrayStep } from './array-step.js';
import { readObjectStep, type ObjectStep } from './object-step.js';

/**
 * The parsed steps of one configured path. The cache is small, because texts from messages are
 * never paths.
 */
export class PathSteps {
  readonly #objects = new Map<string, ObjectStep>();
  readonly #arrays = new Map<string, ArrayStep>();

  /** Returns the first step of `path` in an object. */
  object(path: string): ObjectStep {
    const known = this.#objects.get(path);
    if (known !== undefined) return known;
    const step = readObjectStep(path);
    this.#objects.set(path, step);
    return step;
  }

  /** Returns the first step of `path` in an array. */
  array(path: string): ArrayStep {
    const known = this.#arrays.get(path);
    if (known !== undefined) return known;
    const step = readArrayStep(path);
    this.#arrays.set(path, step);
    return step;
  }
}
