import { executorOf, maxScenarioVus } from '../executor/index.js';
import type { ScenarioPlan } from '../executor/scenario-plan.js';
import { OPTIONS } from '../options/index.js';
import type { OptionValues } from '../options/option-values.js';
import { shareOf } from '../pacing/shard.js';
import { createStripe } from '../pacing/stripe.js';
import { parseExecutionSegment, shardSegment, type ExecutionSegment } from './execution-segment.js';
import { parseShard, type PlanShard } from './plan-shard.js';

/** The part of a plan that a process runs; both undefined for a whole plan without `--shard`. */
export interface PlanPart {
  readonly segment?: ExecutionSegment;
  readonly shard?: PlanShard;
}

/**
 * Reads `shard`, or `executionSegment` with its sequence, of which only one may be given. Complains
 * about a part that gets no virtual user of a scenario with arrivals.
 */
export function readPlanPart(
  options: OptionValues,
  scenarios: readonly ScenarioPlan[],
  environment: Readonly<NodeJS.ProcessEnv>,
): PlanPart {
  const shard = readShard(options, environment);
  const given = readSegment(options);
  if (options.has(OPTIONS.shard) && options.has(OPTIONS.executionSegment)) {
    options.complain(OPTIONS.shard, 'it is an execution segment itself, so leave out --execution-segment');
  }
  const segment = shard === undefined ? given : shardSegment(shard);
  if (segment !== undefined) checkShares(segment, scenarios, options);
  return { ...(segment !== undefined && { segment }), ...(shard !== undefined && { shard }) };
}

function readShard(options: OptionValues, environment: Readonly<NodeJS.ProcessEnv>): PlanShard | undefined {
  const text = options.value(OPTIONS.shard);
  if (text === undefined) return undefined;
  const shard = parseShard(text, environment);
  if (!('problem' in shard)) return shard;
  options.complain(OPTIONS.shard, shard.problem);
  return undefined;
}

function readSegment(options: OptionValues): ExecutionSegment | undefined {
  const { reader } = options;
  const sequence = options.value(OPTIONS.executionSegmentSequence);
  const setting = options.value(OPTIONS.executionSegment);
  const text = reader.text(setting);
  if (text === undefined || setting === undefined) return undefined;
  const segment = parseExecutionSegment(text, sequence);
  if (segment === undefined || !('problem' in segment)) return segment;
  reader.complain(setting, segment.problem);
  return undefined;
}

function checkShares(segment: ExecutionSegment, scenarios: readonly ScenarioPlan[], { reader }: OptionValues): void {
  const part = { index: 0, count: 1, stripe: createStripe(segment) };
  for (const scenario of scenarios) {
    const vus = maxScenarioVus(scenario);
    if (executorOf(scenario).model === 'closed' || shareOf(vus, part) > 0) continue;
    const place = { path: `scenarios.${scenario.name}.maxVUs`, origin: '' };
    reader.complain(place, `the segment ${segment.text} gets none of ${vus} VUs, so its iterations would be dropped`);
  }
}
