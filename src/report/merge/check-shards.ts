import { WsgError } from '../../core/error.js';
import type { RunHeader } from '../../run-file/records.js';
import { shardName, type ReadShards, type ShardRun } from './shard-run.js';

/** Starts that differ by more make the seconds of a merged run inexact, or meaningless. */
const WARNING_SKEW_MS = 1000;
const INVALID_SKEW_MS = 5000;
/** Shares below 1 by no more are rounding. */
const EXACT = 1e-9;

/** The verdict on runs that are to be merged. */
export interface ShardsVerdict {
  /** Reasons why the merged run is not the run of the plan, as sentences. */
  readonly invalid: readonly string[];
  readonly warnings: readonly string[];
  /** Share of the plan that ran, 0 to 1; undefined for all of it. */
  readonly share: number | undefined;
}

/**
 * Checks that the runs are the parts of one plan, each once. Throws `merge.unfit` with all problems
 * if they are not. Missing and truncated parts make the merged run invalid, or only a warning with
 * `allowsMissing`.
 */
export function checkShards(
  { shards, empty }: ReadShards,
  { allowsMissing }: { allowsMissing: boolean },
): ShardsVerdict {
  const [first] = shards;
  if (first === undefined) {
    throw new WsgError('merge.unfit', 'There is nothing to merge: no run has a second.', {
      problems: empty,
    });
  }
  const problems = [...shards.slice(1).flatMap((other) => unlike(first, other)), ...overlaps(shards)];
  if (problems.length > 0) {
    throw new WsgError('merge.unfit', 'The runs are not the parts of one plan.', {
      problems,
      hint: 'Every part needs the same script, options and version of wsg, and another --shard.',
    });
  }
  const incomplete = [
    ...missingParts(shards).map((text) => `${text} is missing`),
    ...empty,
    ...shards.filter(({ complete }) => !complete).map(cutText),
  ];
  const skew = judgeSkew(shards);
  return {
    invalid: [...(allowsMissing ? [] : incomplete), ...skew.invalid],
    warnings: [...(allowsMissing ? incomplete : []), ...patchWarnings(first, shards), ...skew.warnings],
    share: shareThatRan(shards),
  };
}

/** Properties that all parts of a plan have in common. */
const COMMON: readonly {
  readonly name: string;
  readonly of: (header: RunHeader) => string;
}[] = [
  { name: 'plan', of: ({ planHash }) => planHash.slice(0, 12) },
  { name: 'script', of: ({ scriptHash }) => scriptHash?.slice(0, 12) ?? 'none' },
  { name: 'version of wsg', of: ({ version }) => minorOf(version) },
  { name: 'version of the run file', of: ({ format }) => format },
  { name: 'number of shards', of: ({ shard, segment }) => String(shard?.count ?? segment?.period ?? 1) },
];

function unlike(first: ShardRun, other: ShardRun): string[] {
  return COMMON.flatMap(({ name, of }) => {
    const [one, two] = [of(first.header), of(other.header)];
    if (one === two || (name === 'number of shards' && !isNumbered(first, other))) return [];
    return [`the ${name} differs: ${one} in ${first.path}, ${two} in ${other.path}`];
  });
}

function isNumbered(...shards: readonly ShardRun[]): boolean {
  return shards.every(({ header }) => header.shard !== undefined);
}

function minorOf(version: string): string {
  return version.split('.').slice(0, 2).join('.');
}

function patchWarnings(first: ShardRun, shards: readonly ShardRun[]): string[] {
  return shards
    .filter(({ header }) => header.version !== first.header.version)
    .map(
      (other) =>
        `the version of wsg differs: ${first.header.version} in ${first.path}, ${other.header.version} in ${other.path}`,
    );
}

function overlaps(shards: readonly ShardRun[]): string[] {
  return shards.slice(1).flatMap((next, place) => {
    const before = shards[place];
    if (before === undefined) return [];
    const [{ segment: one }, { segment: two }] = [before, next];
    if (one.to * two.period <= two.from * one.period) return [];
    return [`${before.path} (${one.text}) and ${next.path} (${two.text}) ran the same part of the plan`];
  });
}

/** Names the gaps between the segments: shards by their number, other parts by their bounds. */
function missingParts(shards: readonly ShardRun[]): string[] {
  const [first] = shards;
  const shard = first?.header.shard;
  if (shard !== undefined && isNumbered(...shards)) {
    const known = new Set(shards.map(({ number }) => number));
    const numbers = Array.from({ length: shard.count }, (_, place) => place + 1);
    return numbers.filter((number) => !known.has(number)).map((number) => `shard ${number} of ${shard.count}`);
  }
  const bounds = [
    { text: '0', value: 0 },
    ...shards.flatMap(({ segment: { from, to, period } }) => [
      { text: `${from}/${period}`, value: from / period },
      { text: `${to}/${period}`, value: to / period },
    ]),
    { text: '1', value: 1 },
  ];
  return bounds.flatMap((bound, place) => {
    const next = bounds[place + 1];
    const isGap = place % 2 === 0 && next !== undefined && next.value - bound.value > EXACT;
    return isGap ? [`the part ${bound.text}:${next.text}`] : [];
  });
}

function cutText(shard: ShardRun): string {
  const seconds = (shard.end.totals.durationMs / 1000).toFixed(0);
  return `the file of ${shardName(shard)} is truncated after ${seconds} s`;
}

function judgeSkew(shards: readonly ShardRun[]): Pick<ShardsVerdict, 'invalid' | 'warnings'> {
  const ordered = shards.toSorted((left, right) => left.startMs - right.startMs);
  const [earliest, latest] = [ordered[0], ordered.at(-1)];
  if (earliest === undefined || latest === undefined) return { invalid: [], warnings: [] };
  const skewMs = latest.startMs - earliest.startMs;
  const text = `${shardName(latest)} started ${(skewMs / 1000).toFixed(1)} s after ${shardName(earliest)}`;
  if (skewMs > INVALID_SKEW_MS) return { invalid: [`${text}: their load was not that of the plan`], warnings: [] };
  return { invalid: [], warnings: skewMs > WARNING_SKEW_MS ? [text] : [] };
}

/** A truncated part counts by its duration. */
function shareThatRan(shards: readonly ShardRun[]): number | undefined {
  const longestMs = Math.max(...shards.map(({ end, header }) => Math.max(end.totals.durationMs, header.durationMs)));
  const share = shards.reduce((sum, { segment: { from, to, period }, complete, end }) => {
    const ran = complete ? 1 : end.totals.durationMs / longestMs;
    return sum + (ran * (to - from)) / period;
  }, 0);
  return share < 1 - EXACT ? share : undefined;
}
