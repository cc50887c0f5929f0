import type { Stage } from './stages.js';

/** A constant rate: `rate` arrivals in each `timeUnitMs`. */
export interface ConstantRate {
  readonly rate: number;
  readonly timeUnitMs: number;
  readonly durationMs: number;
}

/** A rate that changes linearly within each stage; targets are rates. */
export interface RampingRate {
  readonly startRate: number;
  readonly timeUnitMs: number;
  readonly stages: readonly Stage[];
}

/**
 * The moments at which iterations are due at a constant rate, in milliseconds from the start: the
 * first at 0, the last before the end.
 */
export function* constantArrivals({ rate, timeUnitMs, durationMs }: ConstantRate): Generator<number> {
  const everyMs = timeUnitMs / rate;
  for (let iteration = 0; iteration * everyMs < durationMs; iteration += 1) yield iteration * everyMs;
}

/**
 * The moments at which iterations are due at a ramping rate: the nth when the area under the rate
 * reaches n (k6 docs, "Ramping arrival rate"). Milliseconds.
 */
export function* rampingArrivals({ startRate, timeUnitMs, stages }: RampingRate): Generator<number> {
  let from = startRate / timeUnitMs;
  let startMs = 0;
  let area = 0;
  let next = 1;
  for (const { durationMs, target } of stages) {
    const to = target / timeUnitMs;
    const stageArea = ((from + to) / 2) * durationMs;
    for (; next <= area + stageArea; next += 1) {
      yield startMs + timeOfArea(next - area, from, durationMs === 0 ? 0 : (to - from) / durationMs);
    }
    area += stageArea;
    startMs += durationMs;
    from = to;
  }
}

/** The rate at a moment: arrivals for each time unit. */
export function rateAt({ startRate, stages }: RampingRate, elapsedMs: number): number {
  let from = startRate;
  let startMs = 0;
  for (const { durationMs, target } of stages) {
    const inStageMs = elapsedMs - startMs;
    if (inStageMs < durationMs) return from + ((target - from) * Math.max(0, inStageMs)) / durationMs;
    from = target;
    startMs += durationMs;
  }
  return from;
}

/**
 * When a rate that begins at `rate` and grows by `growth` a millisecond has covered `area`: the
 * quadratic formula in the form that neither cancels nor divides by a growth of 0.
 */
function timeOfArea(area: number, rate: number, growth: number): number {
  return (2 * area) / (rate + Math.sqrt(Math.max(0, rate * rate + 2 * growth * area)));
}
