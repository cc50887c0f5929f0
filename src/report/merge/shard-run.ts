import { WsgError } from '../../core/error.js';
import { readOutline, type RunOutline } from '../../run-file/index.js';
import type { RunSegment } from '../../run-file/records.js';

/** A run of a part of a plan, without its seconds. */
export interface ShardRun extends RunOutline {
  readonly path: string;
  readonly segment: RunSegment;
  /** From 1, in the order of the segments. */
  readonly number: number;
  /** Start by the wall clock of shard 1: Unix milliseconds. */
  readonly startMs: number;
}

/** The name of a shard in sentences: `shard 2 (b.run)`. */
export function shardName({ number, path }: Pick<ShardRun, 'number' | 'path'>): string {
  return `shard ${number} (${path})`;
}

/** Several runs that are read, and the files without a second. */
export interface ReadShards {
  readonly shards: readonly ShardRun[];
  /** Reasons why files were left out that have no second, as sentences without a full stop. */
  readonly empty: readonly string[];
}

/**
 * Reads the outlines of runs, in the order of their segments. Throws the errors of `readRun`, except
 * for a run without a second, and `merge.unfit` for a run of a whole plan.
 */
export async function readShards(paths: readonly string[]): Promise<ReadShards> {
  const read: (RunOutline & { readonly path: string; readonly segment: RunSegment })[] = [];
  const empty: string[] = [];
  const whole: string[] = [];
  // One after the other: a truncated file is read as a whole.
  for (const path of paths) {
    const run = await readOutline(path).catch(refusedUnlessEmpty);
    if (run instanceof WsgError) empty.push(run.message.replace(/\.$/, ''));
    else {
      const segment = run.header.segment ?? wholeSegment(run);
      if (segment === undefined) whole.push(path);
      else read.push({ ...run, path, segment });
    }
  }
  if (whole.length > 0) throw notParts(whole);
  const ordered = read.toSorted((left, right) => from(left.segment) - from(right.segment));
  const shards = ordered.map((run, place) => ({ ...run, number: run.header.shard?.index ?? place + 1, ...start(run) }));
  return { shards, empty };
}

/** A run that was killed before its first second is like one that is missing. */
function refusedUnlessEmpty(error: unknown): WsgError {
  if (error instanceof WsgError && error.code === 'run-file.empty') return error;
  throw error;
}

/** `--shard 1/1` is the whole plan. */
function wholeSegment({ header }: RunOutline): RunSegment | undefined {
  if (header.shard === undefined) return undefined;
  return { text: '0:1', period: 1, from: 0, to: 1, description: header.description };
}

function from({ from: first, period }: RunSegment): number {
  return first / period;
}

function start({ header }: RunOutline): { readonly startMs: number } {
  return { startMs: Date.parse(header.startedAt) + (header.shard?.clockOffsetMs ?? 0) };
}

function notParts(paths: readonly string[]): WsgError {
  return new WsgError('merge.unfit', 'Only runs of parts of a plan can be merged.', {
    problems: paths.map(
      (path) => `${path} ran a whole plan, is a merged run, or was written before version 2.1 of the format`,
    ),
    hint: 'Run each part with `wsg loadtest ... --shard 1/4`, 2/4 and so on.',
  });
}
