/**
 * Carries a promise of the script through an `await` of the runtime, which would otherwise resolve
 * it.
 */
export class Box {
  readonly value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }
}

/** Whether `await` would wait for this value instead of returning it. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return false;
  return 'then' in value && typeof value.then === 'function';
}

/** Prepares a value for an `await` of the runtime: thenables are boxed. */
export function box(value: unknown): unknown {
  return isThenable(value) ? new Box(value) : value;
}

/** Reverses `box`. */
export function unbox(value: unknown): unknown {
  return value instanceof Box ? value.value : value;
}
