import { isRecord } from '../../core/is-record.js';
import { parseThreshold, thresholdTypeProblem, type ThresholdPlan } from '../../summary/k6/threshold.js';
import type { MetricDefinition } from '../../run-file/records.js';
import { parseSeriesName, type SeriesName } from '../../core/series-name.js';
import { OPTIONS } from '../options/index.js';
import type { OptionValues } from '../options/option-values.js';
import type { Plan } from './plan.js';
import { settingIn, within, type OptionReader, type Setting } from '../options/option-reader.js';

/**
 * Reads the thresholds of the merged options, in their order; none with `noThresholds`. Problems of
 * expressions go to the reader.
 */
export function readThresholds(options: OptionValues): ThresholdPlan[] {
  const { reader } = options;
  const setting = options.value(OPTIONS.thresholds);
  const bySeries = setting === undefined ? undefined : reader.record(setting);
  if (setting === undefined || bySeries === undefined) return [];
  const thresholds = Object.entries(bySeries).flatMap(([series, value]) => {
    const place = within(setting, series);
    const name = parseSeriesName(series);
    if ('problem' in name) reader.complain(place, name.problem);
    else warnOfMetadata(name, place, reader);
    // k6 requires a list; a single expression is accepted as well.
    const items =
      typeof value === 'string' || isRecord(value) ? [{ value, ...place }] : reader.list({ value, ...place });
    return (items ?? []).flatMap((item) => readThreshold(series, item, reader) ?? []);
  });
  return options.value(OPTIONS.noThresholds) === true ? [] : thresholds;
}

/** k6 keeps `vu` and `iter` apart from the tags, so that no series is made of them. */
function warnOfMetadata({ tags }: SeriesName, place: Pick<Setting, 'path' | 'origin'>, reader: OptionReader): void {
  const metadata = ['vu', 'iter'].find((name) => tags.has(name));
  if (metadata !== undefined) {
    reader.warn(place, `it selects nothing: '${metadata}' is metadata of samples and not one of their tags`);
  }
}

/**
 * The submetrics of a plan, and the one that k6 always keeps for scripts: durations of requests
 * with the expected response.
 */
export function keptSubmetrics({
  behaviour,
  runtime,
  submetrics,
}: Pick<Plan, 'behaviour' | 'runtime' | 'submetrics'>): readonly string[] {
  const hasTag = runtime.systemTags?.includes('expected_response') ?? true;
  if (behaviour.type !== 'script' || !hasTag) return submetrics;
  return [...new Set([...submetrics, 'http_req_duration{expected_response:true}'])];
}

/** The submetrics to keep: those of thresholds, then those that were asked for, each once. */
export function readSubmetrics(options: OptionValues, thresholds: readonly ThresholdPlan[]): string[] {
  const { reader } = options;
  const asked = options.value(OPTIONS.recordSubmetrics);
  const names =
    asked === undefined ? [] : (reader.list(asked) ?? []).flatMap((item) => readSubmetric(item, reader) ?? []);
  const ofThresholds = thresholds.map(({ series }) => series).filter((series) => series.includes('{'));
  return [...new Set([...ofThresholds, ...names])];
}

/**
 * The problems of thresholds and submetrics that do not fit the metrics of a run: one sentence for
 * each, beginning with its path.
 */
export function metricProblems(
  { thresholds, submetrics }: { readonly thresholds: readonly ThresholdPlan[]; readonly submetrics: readonly string[] },
  definitions: readonly MetricDefinition[],
): string[] {
  const byName = new Map(definitions.map((definition) => [definition.name, definition]));
  const definitionOf = (series: string): MetricDefinition | undefined => {
    const name = parseSeriesName(series);
    return 'problem' in name ? undefined : byName.get(name.metric);
  };
  const isName = (series: string): boolean => !('problem' in parseSeriesName(series));
  const series = new Set([...thresholds.map((threshold) => threshold.series), ...submetrics]);
  const unknown = [...series].filter((name) => isName(name) && definitionOf(name) === undefined);
  const unfitting = thresholds.flatMap((threshold) => {
    const definition = definitionOf(threshold.series);
    const problem = definition && thresholdTypeProblem(threshold.expression, definition.type);
    return problem === undefined ? [] : [`thresholds.${threshold.series}: ${problem}`];
  });
  const isThreshold = (name: string): boolean => thresholds.some((threshold) => threshold.series === name);
  return [
    ...unknown.map(
      (name) => `${isThreshold(name) ? 'thresholds' : 'recordSubmetrics'}.${name}: no metric name "${name}" found`,
    ),
    ...unfitting,
  ];
}

function readThreshold(series: string, item: Setting, reader: OptionReader): ThresholdPlan | undefined {
  if (!isRecord(item.value)) return planThreshold(series, item, { abortOnFail: false, delayAbortMs: 0 }, reader);
  const expression = settingIn(item.value, 'threshold', item);
  if (expression === undefined) {
    reader.complain(within(item, 'threshold'), 'it is required');
    return undefined;
  }
  for (const key of Object.keys(item.value)) {
    if (!['threshold', 'abortOnFail', 'delayAbortEval'].includes(key))
      reader.complain(within(item, key), 'a threshold has no such key');
  }
  const abortOnFail = reader.flag(settingIn(item.value, 'abortOnFail', item));
  const delay = settingIn(item.value, 'delayAbortEval', item);
  const delayAbortMs = reader.duration(delay, { leastMs: 0, otherwise: 0 });
  return planThreshold(series, expression, { abortOnFail, delayAbortMs }, reader);
}

function planThreshold(
  series: string,
  item: Setting,
  abort: Pick<ThresholdPlan, 'abortOnFail' | 'delayAbortMs'>,
  reader: OptionReader,
): ThresholdPlan | undefined {
  const expression = reader.text(item);
  if (expression === undefined) return undefined;
  const parsed = parseThreshold(expression);
  if ('problem' in parsed) reader.complain(item, parsed.problem);
  return { series, expression, ...abort };
}

function readSubmetric(item: Setting, reader: OptionReader): string | undefined {
  const text = reader.text(item);
  if (text === undefined) return undefined;
  const name = parseSeriesName(text);
  if ('problem' in name) reader.complain(item, name.problem);
  else if (name.tags.size === 0) reader.complain(item, `'${text}' names no tag, as ws_msgs_sent{kind:a} does`);
  return text;
}
