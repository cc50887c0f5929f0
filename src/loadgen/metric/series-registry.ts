import type { MetricContains, MetricDefinition, MetricType } from '../../run-file/records.js';
import { Metric, type SampleTap, type Submetric } from './metric.js';
import { parseSeriesName, type SeriesName } from '../../core/series-name.js';
import { type AnySeries, Counter, createSeries, Gauge, Rate, TimeTrend } from './series.js';

/** Outcomes of a named condition. Hot code updates the counts directly. */
export interface Check {
  readonly name: string;
  /** k6's path of the group; '' at the root. */
  readonly group: string;
  passes: number;
  fails: number;
}

/** Maximum number of groups, because scripts may create any number of them. */
const MAX_GROUPS = 1000;

export interface MetricRegistryOptions {
  /** Submetrics of the plan: `metric{tag:value}`. Invalid names are ignored. */
  readonly submetrics?: readonly string[];
  readonly tap?: SampleTap;
}

/** All values that the virtual users of a thread record between two drains, by k6's names. */
export class SeriesRegistry {
  readonly metrics = new Map<string, Metric>();
  readonly #checksByPath = new Map<string, Check>();
  readonly #knownGroups = new Set<string>();
  #newGroups: string[] = [];
  readonly #wanted: readonly (readonly [name: string, series: SeriesName])[];
  readonly #tap: SampleTap | undefined;

  constructor({ submetrics = [], tap }: MetricRegistryOptions = {}) {
    this.#tap = tap;
    this.#wanted = submetrics.flatMap((name) => {
      const series = parseSeriesName(name);
      return 'problem' in series || series.tags.size === 0 ? [] : [[name, series] as const];
    });
  }

  get checks(): Iterable<Check> {
    return this.#checksByPath.values();
  }

  counter(name: string, contains: MetricContains = 'default'): Metric<Counter> {
    return this.#create({ name, type: 'counter', contains }, () => new Counter());
  }

  /** Creates a counter for internal use that outputs do not receive. */
  quietCounter(name: string): Metric<Counter> {
    const definition: MetricDefinition = { name, type: 'counter', contains: 'default' };
    const metric = new Metric<Counter>({ definition, total: new Counter(), submetrics: [], tap: undefined });
    this.metrics.set(name, metric);
    return metric;
  }

  gauge(name: string): Metric<Gauge> {
    return this.#create({ name, type: 'gauge', contains: 'default' }, () => new Gauge());
  }

  rate(name: string): Metric<Rate> {
    return this.#create({ name, type: 'rate', contains: 'default' }, () => new Rate());
  }

  timeTrend(name: string): Metric<TimeTrend> {
    return this.#create({ name, type: 'trend', contains: 'time' }, () => new TimeTrend());
  }

  /**
   * Creates a script's metric, or returns the existing one with this name. Throws if that one has
   * another type or content, as in k6.
   */
  define(name: string, type: MetricType, contains: MetricContains): Metric {
    const known = this.metrics.get(name);
    if (known === undefined) {
      const definition = { name, type, contains };
      return this.#create(definition, () => createSeries(definition));
    }
    const { definition } = known;
    if (definition.type === type && definition.contains === contains) return known;
    throw new Error(
      `metric '${name}' already exists but with type ${definition.type}/${definition.contains}, instead of ${type}/${contains}`,
    );
  }

  /** Notes that a group was completed: summaries list it even without checks. */
  noteGroup(path: string): void {
    if (this.#knownGroups.has(path) || this.#knownGroups.size >= MAX_GROUPS) return;
    this.#knownGroups.add(path);
    this.#newGroups.push(path);
  }

  /** Returns the groups since the last call. */
  takeGroups(): readonly string[] {
    const groups = this.#newGroups;
    this.#newGroups = [];
    return groups;
  }

  /** Returns the check with this name in this group. The rate `checks` records its samples. */
  check(name: string, group = ''): Check {
    const path = `${group}::${name}`;
    const known = this.#checksByPath.get(path);
    if (known !== undefined) return known;
    const check = { name, group, passes: 0, fails: 0 };
    this.#checksByPath.set(path, check);
    return check;
  }

  #create<S extends AnySeries>(definition: MetricDefinition, series: () => S): Metric<S> {
    const submetrics: Submetric<S>[] = this.#wanted
      .filter(([, { metric }]) => metric === definition.name)
      .map(([name, { tags }]) => ({ name, tags, series: series() }));
    const metric = new Metric<S>({ definition, total: series(), submetrics, tap: this.#tap });
    this.metrics.set(definition.name, metric);
    return metric;
  }
}
