import { Definitions } from '../../core/definitions.js';
import type { MetricDefinition } from '../../run-file/records.js';
import { BUILT_IN_METRICS } from '../metric/built-in-metrics.js';
import { OPTION_CATALOGUE, OPTIONS } from '../options/index.js';
import type { OptionValues } from '../options/option-values.js';
import { churn } from './churn.js';
import { echo } from './echo.js';
import { fanOut } from './fan-out.js';
import { flood } from './flood.js';
import { idle } from './idle.js';
import type { BuiltInDefaults, BuiltInDefinition, BuiltInPlan } from './scenario-definition.js';
import { snapshot } from './snapshot.js';
import { storm } from './storm.js';

/** Every built-in scenario, in the order in which help and messages name them. */
export const BUILT_INS: Definitions<BuiltInDefinition> = new Definitions<BuiltInDefinition>('built-in scenario', [
  snapshot,
  echo,
  flood,
  idle,
  churn,
  storm,
  fanOut,
]);

/** The definition of a plan's built-in scenario. */
export function builtInOf({ name }: { readonly name: string }): BuiltInDefinition {
  return BUILT_INS.get(name);
}

/** All metrics that a run of the scenario can record. */
export function metricsOf(plan: { readonly name: string }): readonly MetricDefinition[] {
  return [...BUILT_IN_METRICS, ...builtInOf(plan).metrics];
}

/**
 * Reads the scenario that the options name, with its settings. Complains about settings that it
 * does not have.
 */
export function readBuiltIn(options: OptionValues, defaults: BuiltInDefaults): BuiltInPlan {
  const definition = readDefinition(options);
  complainAboutOthers(options, definition);
  return definition.read(options, defaults);
}

/** Complains about every option that only a built-in scenario obeys. */
export function refuseBuiltInOptions(options: OptionValues): void {
  for (const entry of OPTION_CATALOGUE.all) {
    if (entry.isBuiltIn === true && options.has(entry))
      options.complain(entry, 'a script decides this by itself; only --scenario obeys it');
  }
}

function readDefinition(options: OptionValues): BuiltInDefinition {
  const setting = options.value(OPTIONS.scenario);
  const name = options.reader.text(setting) ?? snapshot.name;
  const known = BUILT_INS.find(name);
  if (known === undefined) options.complain(OPTIONS.scenario, `'${name}' must be one of ${BUILT_INS.names.join(', ')}`);
  return known ?? BUILT_INS.get(snapshot.name);
}

/** Complains about options that other built-in scenarios obey. */
function complainAboutOthers(options: OptionValues, definition: BuiltInDefinition): void {
  const all = new Set(BUILT_INS.all.flatMap((builtIn) => builtIn.options));
  for (const option of all) {
    if (definition.options.includes(option) || !options.has(option)) continue;
    const takers = BUILT_INS.all.filter((builtIn) => builtIn.options.includes(option)).map(({ name }) => name);
    options.complain(option, `the scenario ${definition.name} does not have it; it goes with ${takers.join(', ')}`);
  }
}
