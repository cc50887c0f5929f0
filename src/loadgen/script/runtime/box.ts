/**
 * Carries a promise that belongs to the script through an `await` of ours, which would flatten it.
 */
export class Box {
  readonly value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }
}

/** Whether `await` would wait for this value instead of handing it on. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return false;
  return 'then' in value && typeof value.then === 'function';
}

/** The value as it may be returned through an `await`: thenables in a box. */
export function box(value: unknown): unknown {
  return isThenable(value) ? new Box(value) : value;
}

/** Undoes `box`. */
export function unbox(value: unknown): unknown {
  return value instanceof Box ? value.value : value;
}
