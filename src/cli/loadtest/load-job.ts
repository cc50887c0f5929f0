import { parse } from 'node:path';
import { WsgError } from '../../core/error.js';
import { describePlan, planTarget, type OutputOptions, type Plan } from '../../loadgen/index.js';
import type { RunFileWriter } from '../../run-file/index.js';
import type { LoadtestFlags } from './load-flags.js';
import type { LoadRequest } from './load-request.js';
import { defaultRunPath } from '../report/run-paths.js';
import type { HeaderView } from '../../summary/index.js';

/** Where a run's virtual users go, and what is recorded of it. */
export interface LoadJob {
  readonly plan: Plan;
  readonly gatewayUrl: string | undefined;
  readonly runPath: string | undefined;
  /** Whether the summary repeats itself for each scenario and group. */
  readonly breaksDown: boolean;
  readonly outputs: readonly OutputOptions[];
}

/** The job of a request. */
export function createLoadJob(
  { plan, gatewayUrl, outputs, summary }: LoadRequest,
  flags: Pick<LoadtestFlags, 'run' | 'no-run'>,
): LoadJob {
  const runPath = flags['no-run'] ? undefined : (flags.run ?? defaultRunPath(new Date(), runName(plan)));
  const breaksDown = summary.mode === 'full' && plan.behaviour.type === 'script';
  return { plan, gatewayUrl, runPath, outputs, breaksDown };
}

/** What the header says of a load test by this plan. */
export function headerView(
  plan: Plan,
  fields: { readonly version: string; readonly output: string; readonly dashboard?: string },
): HeaderView {
  const load = plan.isDefaultLoad ? ', the default load' : '';
  const target = planTarget(plan);
  const script =
    target === undefined ? plan.behaviour.name : `${plan.behaviour.name} (built in) at ${target.given}${load}`;
  return { script, ...fields, ...describePlan(plan) };
}

/**
 * What a run file is called by: the built-in scenario, or the script without its folder and ending.
 */
function runName({ behaviour }: Plan): string {
  if (behaviour.type === 'built-in') return behaviour.name;
  return behaviour.name === '-' ? 'stdin' : parse(behaviour.name).name;
}

/** Completes the run file; gives what went wrong with it. */
export async function closeFailure(file: RunFileWriter | undefined): Promise<WsgError | undefined> {
  try {
    await file?.close();
    return undefined;
  } catch (error) {
    if (error instanceof WsgError) return error;
    throw error;
  }
}
