import { parseDuration } from '../../../core/duration.js';
import type { VuContext } from '../runtime/vu-context.js';
import { asText, isObject, property } from './values.js';

/** Those functions of `k6-utils` that know in which stage a scenario is. */
export function createStageFunctions(vu: VuContext): object {
  const tag = (name: string, value: string): void => {
    vu.tags = new Map([...vu.tags, [name, value]]);
  };
  return {
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
    endMs += parseDuration(asText(property(stage, 'duration'))) ?? 0;
    return elapsedMs < endMs;
  });
  const index = at < 0 ? stages.length - 1 : at;
  const start = property(settings, 'startVUs') ?? property(settings, 'startRate');
  return {
    index,
    from: index === 0 ? Number(start ?? 0) : targetOf(stages[index - 1]),
    target: targetOf(stages[index]),
  };
}

function targetOf(stage: unknown): number {
  return isObject(stage) ? Number(stage['target']) : 0;
}

function profileOf({ from, target }: CurrentStage): string {
  if (target > from) return 'ramp-up';
  return target < from ? 'ramp-down' : 'steady';
}
