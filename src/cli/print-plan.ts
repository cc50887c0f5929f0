import { planSchedule, type Plan } from '../loadgen/index.js';
import { renderSchedule } from '../summary/index.js';
import type { Output } from './output.js';

/** Prints a plan as JSON, and for people its schedule behind it. */
export function printPlan(plan: Plan, { output, json }: { readonly output: Output; readonly json: boolean }): void {
  output.stdout.write(`${JSON.stringify(plan, null, 2)}\n`);
  if (!json) output.stdout.write(`\n${renderSchedule(planSchedule(plan))}`);
}
