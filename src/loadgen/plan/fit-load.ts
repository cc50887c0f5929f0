import { executorOf } from '../executor/index.js';
import type { OptionReader } from '../options/option-reader.js';
import { builtInOf } from '../scenario/index.js';
import type { Behaviour } from './plan.js';
import type { LoadPlan } from './read-load.js';

/**
 * Makes the load fit the built-in scenario, and complains about executors that end before a virtual
 * user's connection may.
 */
export function fitLoad(behaviour: Behaviour, load: LoadPlan, reader: OptionReader): LoadPlan {
  if (behaviour.type === 'script') return load;
  const builtIn = builtInOf(behaviour);
  const scenarios = load.scenarios.map((scenario) => builtIn.fit?.(behaviour, scenario) ?? scenario);
  for (const scenario of builtIn.executors === 'held' ? scenarios : []) {
    if (executorOf(scenario).holdsConnections) continue;
    const { name } = scenario;
    const place = { path: name === 'default' ? 'iterations' : `scenarios.${name}.executor`, origin: '' };
    reader.complain(
      place,
      `in ${behaviour.name} every virtual user holds its connection for a time: give --duration or --stage instead`,
    );
  }
  return { ...load, scenarios };
}
