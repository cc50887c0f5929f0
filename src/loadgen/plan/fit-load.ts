import { constantArrivalsOf } from '../executor/constant-arrival-rate.js';
import { isConstantVus } from '../executor/constant-vus.js';
import { executorOf } from '../executor/index.js';
import type { OptionReader } from '../options/option-reader.js';
import type { Behaviour } from './plan.js';
import type { LoadPlan } from './read-load.js';
import type { ScenarioPlan } from '../executor/scenario-plan.js';

/**
 * Makes the load fit what the virtual users do: `churn` begins its connections at a rate, and what
 * holds a connection needs a duration.
 */
export function fitLoad(behaviour: Behaviour, load: LoadPlan, reader: OptionReader): LoadPlan {
  if (behaviour.type === 'script' || behaviour.name === 'snapshot') return load;
  if (behaviour.name === 'churn') {
    const { rate } = behaviour;
    return { ...load, scenarios: load.scenarios.map((scenario) => atRate(scenario, rate)) };
  }
  for (const scenario of load.scenarios) {
    if (executorOf(scenario).holdsConnections) continue;
    const { name } = scenario;
    const place = { path: name === 'default' ? 'iterations' : `scenarios.${name}.executor`, origin: '' };
    reader.complain(
      place,
      `in ${behaviour.name} every virtual user holds its connection for a time: give --duration or --stage instead`,
    );
  }
  return load;
}

/**
 * Virtual users that loop for a time become those that are there for connections at a rate; what
 * counts iterations or has a rate stays.
 */
function atRate(scenario: ScenarioPlan, rate: number): ScenarioPlan {
  return isConstantVus(scenario) ? constantArrivalsOf(scenario, rate) : scenario;
}
