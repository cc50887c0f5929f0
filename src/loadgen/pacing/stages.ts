/**
 * An interval in which a number changes linearly to `target`; with a duration of 0 it changes at
 * once.
 */
export interface Stage {
  readonly durationMs: number;
  readonly target: number;
}

/** The moment, from the start, from which on `vus` virtual users are planned. */
export interface VuStep {
  readonly atMs: number;
  readonly vus: number;
}

/** Total duration of the stages: milliseconds. */
export function stagesMs(stages: readonly Stage[]): number {
  return stages.reduce((sum, { durationMs }) => sum + durationMs, 0);
}

/**
 * The number of virtual users that are planned at a moment. A stage from a to b changes by one
 * after each |b - a|th part of its time (k6 docs, "Ramping VUs"). After the last stage its target
 * stays.
 */
export function plannedVus(startVus: number, stages: readonly Stage[], elapsedMs: number): number {
  let from = startVus;
  let startMs = 0;
  for (const { durationMs, target } of stages) {
    const inStageMs = elapsedMs - startMs;
    if (inStageMs < durationMs) {
      const changed = Math.floor((Math.abs(target - from) * Math.max(0, inStageMs)) / durationMs);
      return from + Math.sign(target - from) * changed;
    }
    from = target;
    startMs += durationMs;
  }
  return from;
}

/** The moments at which the planned number changes, in order; the first is 0. */
export function* vuSteps(startVus: number, stages: readonly Stage[]): Generator<VuStep> {
  let from = startVus;
  let startMs = 0;
  yield { atMs: 0, vus: from };
  for (const { durationMs, target } of stages) {
    const distance = Math.abs(target - from);
    const direction = Math.sign(target - from);
    if (durationMs === 0 && distance > 0) yield { atMs: startMs, vus: target };
    for (let change = 1; durationMs > 0 && change <= distance; change += 1) {
      yield { atMs: startMs + (durationMs * change) / distance, vus: from + direction * change };
    }
    from = target;
    startMs += durationMs;
  }
}

/** The most virtual users that are planned at any moment. */
export function mostVus(startVus: number, stages: readonly Stage[]): number {
  return Math.max(startVus, ...stages.map(({ target }) => target));
}
