import type { VuContext } from '../../runtime/vu-context.js';
import { asText, isObject, property } from '../../runtime/values.js';

/** Those functions of `k6-utils` that know in which stage a scenario is. */
export function createStageFunctions(vu: VuContext): object {
  const tag = (name: string, value: string): void => {
    vu.tags = new Map([...vu.tags, [name, value]]);
  };
  return {
    parseDuration: (text: unknown) => parseStageDuration(text),
    getCurrentStageIndex: () => currentStage(vu).index,
    tagWithCurrentStageIndex: () => tag('stage', String(currentStage(vu).index)),
    tagWithCurrentStageProfile: () => tag('stage_profile', profileOf(currentStage(vu))),
  };
}

interface CurrentStage {
  readonly index: number;
  /** What the stage comes from, and goes to. */
  readonly from: number;
  readonly target: number;
}

/** Behind the last stage the last one stands. */
function currentStage({ scenario, thread }: VuContext): CurrentStage {
  const settings = property(property(thread.options, 'scenarios'), scenario?.name ?? '');
  const stages = property(settings, 'stages');
  if (scenario === undefined || !Array.isArray(stages) || stages.length === 0) {
    throw new Error('only ramping-vus and ramping-arrival-rate have stages, and only inside of an iteration');
  }
  const elapsedMs = thread.clock.now() - scenario.startMs();
  let endMs = 0;
  const at = stages.findIndex((stage: unknown) => {
    endMs += parseStageDuration(property(stage, 'duration'));
    return elapsedMs < endMs;
  });
  const index = at < 0 ? stages.length - 1 : at;
  return {
    index,
    from: targetOf(stages[index - 1]),
    target: targetOf(stages[index]),
  };
}

function targetOf(stage: unknown): number {
  return isObject(stage) ? Number(stage['target']) : 0;
}

function profileOf({ index, from, target }: CurrentStage): string {
  if (index === 0 || target > from) return 'ramp-up';
  return target < from ? 'ramp-down' : 'steady';
}

const UNIT_MS: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/**
 * Milliseconds of a text such as `1d5h31m20s7ms`; without a unit a number is milliseconds. Throws
 * in the library's words.
 */
function parseStageDuration(text: unknown): number {
  const given = text === undefined || text === null ? '' : asText(text);
  if (given === '') throw new Error('str is empty');
  const seen = new Set<string>();
  let sum = 0;
  for (const [, number = '', unit = ''] of given.matchAll(/([\d.]*)(ms|[^\d.]?)/g)) {
    if (unit !== '' && seen.has(unit)) throw new Error(`${unit} time unit is provided multiple times`);
    seen.add(unit);
    sum += partMs(number, unit);
  }
  return sum;
}

function partMs(number: string, unit: string): number {
  const unitMs = UNIT_MS[unit === '' ? 'ms' : unit];
  if (unitMs === undefined) throw new Error(`${unit} is an unsupported time unit`);
  const partMs = number === '' ? 0 : Number.parseFloat(number) * unitMs;
  // Milliseconds are the finest there is.
  return unit === 'ms' ? Math.trunc(partMs) : partMs;
}
