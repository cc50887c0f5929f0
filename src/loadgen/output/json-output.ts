import type { MetricDefinition } from '../../run-file/records.js';
import type { ThresholdPlan } from '../../summary/k6/threshold.js';
import type { SampleBatch, SampledSeries } from '../metric/sample-batch.js';
import { metadataOf, tagsOf } from '../metric/series.js';
import { parseSeriesName } from '../../core/series-name.js';
import type { LoadOutput } from './load-outputs.js';
import { isStandardOutput, SampleFile } from './sample-file.js';

/** The parts of a plan in the `Metric` lines. */
export interface JsonOutputPlan {
  readonly thresholds: readonly ThresholdPlan[];
  readonly submetrics: readonly string[];
}

/**
 * Writes every sample as a line of JSON, as k6's `json` output does (k6 docs, "JSON"): a `Metric`
 * line precedes the first `Point` of each metric.
 */
export class JsonOutput implements LoadOutput {
  readonly description: string;
  readonly #file: SampleFile;
  readonly #described = new Set<string>();

  readonly #plan: JsonOutputPlan;

  constructor(path: string, plan: JsonOutputPlan, file = new SampleFile(path)) {
    this.#plan = plan;
    this.description = isStandardOutput(path) ? 'json(stdout)' : `json (${path})`;
    this.#file = file;
  }

  start(): Promise<void> {
    return this.#file.start();
  }

  takeSamples({ series, indexes, values, timesMs, dropped }: SampleBatch): void {
    const frames = series.map(pointFrame);
    const lines = series.flatMap(({ definition }) => this.#metricLine(definition));
    const time = timeText();
    indexes.forEach((index, at) => {
      const [head = '', tail = ''] = frames[index] ?? [];
      lines.push(`${head}${time(timesMs[at] ?? 0)}","value":${JSON.stringify(values[at])}${tail}`);
    });
    if (lines.length > 0) this.#file.write(`${lines.join('\n')}\n`, indexes.length);
    this.#file.countLost(dropped);
  }

  stop(): Promise<readonly string[]> {
    return this.#file.stop();
  }

  #metricLine({ name, type, contains }: MetricDefinition): string[] {
    if (this.#described.has(name)) return [];
    this.#described.add(name);
    const thresholds = this.#plan.thresholds
      .filter(({ series }) => series === name)
      .map(({ expression }) => expression);
    const data = { name, type, contains, thresholds, submetrics: submetricsOf(name, this.#plan) };
    return [JSON.stringify({ type: 'Metric', data, metric: name })];
  }
}

function submetricsOf(metric: string, { submetrics }: JsonOutputPlan): readonly object[] | null {
  const found = submetrics.flatMap((name) => {
    const series = parseSeriesName(name);
    if ('problem' in series || series.metric !== metric || series.tags.size === 0) return [];
    return [{ name, suffix: name.slice(name.indexOf('{') + 1, -1), tags: Object.fromEntries(series.tags) }];
  });
  return found.length === 0 ? null : found;
}

/** Returns the constant text before the time and after the value of each point of a series. */
function pointFrame({ definition, tags }: SampledSeries): readonly [head: string, tail: string] {
  const metric = JSON.stringify(definition.name);
  const sorted = tagsOf(tags).toSorted(byName);
  const tagsJson = JSON.stringify(Object.fromEntries(sorted));
  const metadata = metadataOf(tags);
  const metadataJson = metadata.length === 0 ? '' : `,"metadata":${JSON.stringify(Object.fromEntries(metadata))}`;
  return [`{"metric":${metric},"type":"Point","data":{"time":"`, `,"tags":${tagsJson}${metadataJson}}}`];
}

function byName([left]: readonly [string, string], [right]: readonly [string, string]): number {
  return left < right ? -1 : 1;
}

/**
 * Returns a formatter for RFC 3339 times that caches the last one, because many consecutive samples
 * have the same time.
 */
function timeText(): (timeMs: number) => string {
  let lastMs = Number.NaN;
  let text = '';
  return (timeMs) => {
    if (timeMs !== lastMs) text = new Date(timeMs).toISOString();
    lastMs = timeMs;
    return text;
  };
}
