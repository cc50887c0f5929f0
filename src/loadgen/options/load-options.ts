import {
  readAsGiven,
  readDuration,
  readFlag,
  readInteger,
  readText,
  readTextMap,
  readTexts,
  type OptionEntry,
} from './option.js';

/** Options of the load: how much of it, for how long, and what is judged. */
export const LOAD_OPTIONS = {
  vus: {
    name: 'vus',
    fate: 'plan',
    help: 'Number of virtual users; 100 by default without a script.',
    variable: 'VUS',
    flag: { name: 'vus', kind: 'text', char: 'u', value: 'N' },
    read: readAsGiven,
  },
  duration: {
    name: 'duration',
    fate: 'plan',
    help: 'Test duration; no iteration starts after it.',
    variable: 'DURATION',
    flag: { name: 'duration', kind: 'text', char: 'd', value: 'DURATION' },
    read: readAsGiven,
  },
  iterations: {
    name: 'iterations',
    fate: 'plan',
    help: 'Total number of iterations, shared among all virtual users.',
    variable: 'ITERATIONS',
    flag: { name: 'iterations', kind: 'text', char: 'i', value: 'N' },
    read: readAsGiven,
  },
  stages: {
    name: 'stages',
    fate: 'plan',
    help: 'Ramp to this number of virtual users over this time; may be repeated.',
    variable: 'STAGES',
    flag: { name: 'stage', kind: 'texts', char: 's', value: 'DURATION:VUS' },
    read: readAsGiven,
    fromText: (value) => splitTexts(value).map(stageOf),
  },
  scenarios: { name: 'scenarios', fate: 'plan', help: "k6's scenarios by name.", read: readAsGiven },
  gracefulStop: {
    name: 'gracefulStop',
    fate: 'plan',
    help: 'Grace period for iterations still running when the duration ends; 30s by default.',
    variable: 'GRACEFUL_STOP',
    flag: { name: 'graceful-stop', kind: 'text', value: 'DURATION' },
    isOwn: true,
    read: readDuration(0),
  },
  minIterationDuration: {
    name: 'minIterationDuration',
    fate: 'plan',
    help: 'Minimum duration of an iteration; shorter ones wait for the rest of it.',
    variable: 'MIN_ITERATION_DURATION',
    flag: { name: 'min-iteration-duration', kind: 'text', value: 'DURATION' },
    read: readDuration(0),
  },
  seed: {
    name: 'seed',
    fate: 'plan',
    help: 'Seed of the random pauses of virtual users; drawn at random by default.',
    variable: 'SEED',
    flag: { name: 'seed', kind: 'text', value: 'N' },
    isOwn: true,
    read: readInteger(0),
  },
  threads: {
    name: 'threads',
    fate: 'plan',
    help: 'Number of load threads; one less than the number of cores by default.',
    variable: 'THREADS',
    flag: { name: 'threads', kind: 'text', value: 'N' },
    isOwn: true,
    read: readInteger(1),
  },
  executionSegment: {
    name: 'executionSegment',
    fate: 'plan',
    help: 'Part of the plan that this process runs, such as 0:1/4.',
    variable: 'EXECUTION_SEGMENT',
    flag: { name: 'execution-segment', kind: 'text', value: 'FROM:TO' },
    read: readAsGiven,
  },
  executionSegmentSequence: {
    name: 'executionSegmentSequence',
    fate: 'plan',
    help: 'Bounds of all parts of the plan, such as 0,1/4,1/2,1.',
    variable: 'EXECUTION_SEGMENT_SEQUENCE',
    flag: { name: 'execution-segment-sequence', kind: 'text', value: 'BOUNDS' },
    read: readText,
  },
  shard: {
    name: 'shard',
    fate: 'plan',
    help: 'Equal part of the plan that this process runs, such as 2/4, or auto/4 in a Kubernetes Indexed Job; `wsg report merge` adds up the results.',
    variable: 'SHARD',
    flag: { name: 'shard', kind: 'text', value: 'I/N' },
    isTyped: true,
    isOwn: true,
    read: readText,
  },
  thresholds: { name: 'thresholds', fate: 'plan', help: 'Thresholds by metric.', read: readAsGiven },
  noThresholds: {
    name: 'noThresholds',
    fate: 'plan',
    help: 'Do not evaluate thresholds.',
    variable: 'NO_THRESHOLDS',
    flag: { name: 'no-thresholds', kind: 'switch' },
    isOwn: true,
    read: readFlag,
  },
  recordSubmetrics: {
    name: 'recordSubmetrics',
    fate: 'plan',
    help: 'Record a metric separately for these tags; may be repeated.',
    flag: { name: 'record-submetric', kind: 'texts', value: 'METRIC{TAG:VALUE}' },
    isOwn: true,
    read: readAsGiven,
  },
  tags: {
    name: 'tags',
    fate: 'plan',
    help: 'Tag of every sample; may be repeated.',
    variable: 'TAGS',
    flag: { name: 'tag', kind: 'texts', value: 'KEY=VALUE' },
    read: readTextMap,
    fromText: (value) =>
      Object.fromEntries(splitTexts(value).map((tag) => splitAt(tag, tag.includes('=') ? '=' : ':'))),
  },
  noUsageReport: {
    name: 'noUsageReport',
    fate: 'plan',
    help: 'Accepted for k6; usage is never reported.',
    variable: 'NO_USAGE_REPORT',
    flag: { name: 'no-usage-report', kind: 'switch', isHidden: true },
    read: readFlag,
  },
  summaryTrendStats: {
    name: 'summaryTrendStats',
    fate: 'summary',
    help: "Statistics of trends in the summary; 'avg,min,med,max,p(90),p(95)' by default.",
    variable: 'SUMMARY_TREND_STATS',
    flag: { name: 'summary-trend-stats', kind: 'text', value: 'STATS' },
    read: readTexts,
  },
  summaryTimeUnit: {
    name: 'summaryTimeUnit',
    fate: 'summary',
    help: 'Time unit of the summary: s, ms or us; chosen for each value by default.',
    variable: 'SUMMARY_TIME_UNIT',
    flag: { name: 'summary-time-unit', kind: 'text', value: 'UNIT' },
    read: readText,
  },
} as const satisfies Readonly<Record<string, OptionEntry>>;

function splitTexts(value: unknown): readonly string[] {
  const texts = Array.isArray(value) ? value.map(String) : [String(value)];
  return texts.flatMap((text) => text.split(',')).map((text) => text.trim());
}

/** `10s:5`. */
function stageOf(text: string): Readonly<Record<string, string>> {
  const [duration, target] = splitAt(text, ':');
  return { duration, ...(text.includes(':') ? { target } : {}) };
}

function splitAt(text: string, separator: string): readonly [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
