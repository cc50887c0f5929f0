import { PART_SEPARATOR } from '../../run-file/records.js';
import { drainMetrics, type DrainedMetrics } from './drain-metrics.js';
import type { Metric, SampleTap } from './metric.js';
import { SeriesRegistry } from './series-registry.js';

/**
 * Maximum number of groups, because scripts may create any number of them. Samples of further
 * groups count for the scenario only.
 */
const MAX_GROUPS = 200;

/**
 * Metrics of a thread by scenario, and by group within it, as k6's full summary shows them. It
 * processes every sample, so it is only created on request.
 */
export class Breakdown {
  readonly #registry = new SeriesRegistry();
  /** By scenario and group, then by metric. */
  readonly #parts = new Map<string, Map<string, Metric>>();

  /** Takes one sample. Samples of `setup` and `teardown` belong to no scenario. */
  readonly tap: SampleTap = (definition, value, tags) => {
    const scenario = tags.get('scenario');
    if (scenario === undefined) return;
    const group = tags.get('group') ?? '';
    const check = definition.name === 'checks' ? tags.get('check') : undefined;
    for (const path of group === '' ? [''] : ['', group]) {
      const part = this.#part(scenario + PART_SEPARATOR + path, path === '');
      if (part === undefined) continue;
      this.#metric(part, scenario + PART_SEPARATOR + path, definition).total.add(value);
      if (check === undefined) continue;
      const figures = this.#registry.check(check, scenario + PART_SEPARATOR + path);
      if (value === 0) figures.fails += 1;
      else figures.passes += 1;
    }
  };

  /** Returns the values since the last drain, with names composed of scenario, group and metric. */
  drain(): DrainedMetrics {
    return drainMetrics(this.#registry);
  }

  #part(name: string, isScenario: boolean): Map<string, Metric> | undefined {
    const known = this.#parts.get(name);
    if (known !== undefined || (!isScenario && this.#parts.size >= MAX_GROUPS)) return known;
    const part = new Map<string, Metric>();
    this.#parts.set(name, part);
    return part;
  }

  #metric(part: Map<string, Metric>, name: string, { name: metric, type, contains }: Metric['definition']): Metric {
    const known = part.get(metric);
    if (known !== undefined) return known;
    const made = this.#registry.define(name + PART_SEPARATOR + metric, type, contains);
    part.set(metric, made);
    return made;
  }
}

/** Combines two taps; returns the other if one is undefined. */
export function bothTaps(one: SampleTap | undefined, other: SampleTap | undefined): SampleTap | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return (definition, value, tags) => {
    one(definition, value, tags);
    other(definition, value, tags);
  };
}
