import { property } from './values.js';

/** Says which statuses are no failure. */
export interface ResponseCallback {
  readonly accepts: (status: number) => boolean;
}

/** k6's default: 200 to 399. */
export const DEFAULT_CALLBACK: ResponseCallback = { accepts: (status) => status >= 200 && status <= 399 };

/** `http.expectedStatuses`: statuses, and ranges as `{min, max}`. */
export function expectedStatuses(...statuses: unknown[]): ResponseCallback {
  if (statuses.length === 0) throw new TypeError('no arguments');
  const ranges = statuses.map((status, index) => {
    if (Number.isInteger(status)) return { min: Number(status), max: Number(status) };
    const min = property(status, 'min');
    const max = property(status, 'max');
    if (typeof min === 'number' && typeof max === 'number') return { min, max };
    throw new TypeError(
      `argument number ${index + 1} to expectedStatuses was neither an integer nor an object like {min:100, max:329}`,
    );
  });
  return { accepts: (status) => ranges.some(({ min, max }) => status >= min && status <= max) };
}
