import { SecondReader, type RunFileWriter } from '../../run-file/index.js';
import { RUN_FORMAT } from '../../run-file/record-line.js';
import type { MetricDefinition, RunEventRecord, RunHeader } from '../../run-file/records.js';
import { SecondsSum } from '../../run-file/sum-seconds.js';
import { ThresholdJudge } from '../../summary/k6/threshold-judge.js';
import { checkShards, type ShardsVerdict } from './check-shards.js';
import { gatewayShard, mergedEnd, plannedThresholds } from './merged-end.js';
import { mergeFigures, mergeSketches, SampleMerger, worstHealth, type PlacedSecond } from './merged-second.js';
import { readShards, shardName, type ShardRun } from './shard-run.js';

/** Options of merging. */
export interface MergeOptions {
  /** Whether missing and truncated parts leave the merged run valid. */
  readonly allowsMissing: boolean;
  /** Called with the share of the seconds that are merged, 0 to 1. */
  readonly progressed?: (share: number) => void;
}

/** Runs that can be merged, checked. */
export interface Merge {
  readonly verdict: ShardsVerdict;
  /** Writes the merged run. The caller closes the writer. */
  write(writer: RunFileWriter): Promise<void>;
}

/**
 * Reads and checks the runs of the parts of a plan, so that they can be written as the run of the
 * whole plan. Throws the errors of `readRun`, and `merge.unfit`.
 */
export async function prepareMerge(paths: readonly string[], options: MergeOptions): Promise<Merge> {
  const read = await readShards(paths);
  const verdict = checkShards(read, options);
  const merging = new Merging(read.shards, verdict, options);
  return { verdict, write: (writer) => merging.write(writer) };
}

/** One shard while it is read. */
interface Source {
  readonly shard: ShardRun;
  readonly shift: number;
  readonly reader: SecondReader;
  /** Its next second, with its number in the merged run. */
  ahead: { readonly at: number; readonly part: PlacedSecond } | undefined;
}

/** Merges runs second by second: none of them is in memory as a whole. */
class Merging {
  readonly #shards: readonly ShardRun[];
  readonly #verdict: ShardsVerdict;
  readonly #options: MergeOptions;
  readonly #earliestMs: number;
  readonly #sum = new SecondsSum();
  readonly #samples = new SampleMerger();

  constructor(shards: readonly ShardRun[], verdict: ShardsVerdict, options: MergeOptions) {
    this.#shards = shards;
    this.#verdict = verdict;
    this.#options = options;
    this.#earliestMs = Math.min(...shards.map(({ startMs }) => startMs));
  }

  async write(writer: RunFileWriter): Promise<void> {
    const header = mergedHeader(this.#shards, this.#verdict.share);
    writer.writeHeader(header);
    for (const event of this.#ownEvents()) writer.writeEvent(event);
    const damaged = await this.#writeSeconds(writer);
    const invalid = [...this.#verdict.invalid, ...damaged];
    const shiftOf = (shard: ShardRun): number => this.#shiftOf(shard);
    const end = mergedEnd(this.#shards, { sum: this.#sum, shiftOf, invalid });
    const [first] = this.#shards;
    const judge = new ThresholdJudge(first === undefined ? [] : plannedThresholds(first));
    for (const threshold of judge.outcomes(end.totals, header.metrics)) writer.writeThreshold(threshold);
    writer.writeEnd(end);
  }

  #shiftOf({ startMs }: ShardRun): number {
    return Math.round((startMs - this.#earliestMs) / 1000);
  }

  #ownEvents(): RunEventRecord[] {
    return this.#verdict.warnings.map((text) => ({ elapsedMs: 0, kind: 'warning', text }));
  }

  /** Returns the damage that was found, as sentences. */
  async #writeSeconds(writer: RunFileWriter): Promise<string[]> {
    const sources: Source[] = [];
    try {
      for (const shard of this.#shards) {
        const source = {
          shard,
          shift: this.#shiftOf(shard),
          reader: await SecondReader.open(shard.path),
          ahead: undefined,
        };
        sources.push(source);
        advance(source, 0);
      }
      await this.#mergeAll(sources, writer);
    } finally {
      for (const { reader } of sources) await reader.close();
    }
    return sources.flatMap(({ shard, reader }) =>
      shard.complete && reader.broken !== undefined ? [`${shardName(shard)}: ${reader.broken}`] : [],
    );
  }

  async #mergeAll(sources: readonly Source[], writer: RunFileWriter): Promise<void> {
    const lastMs = Math.max(...this.#shards.map((shard) => shard.end.totals.durationMs + this.#shiftOf(shard) * 1000));
    const watching = gatewayShard(this.#shards);
    for (let second = firstAhead(sources); second !== undefined; second = firstAhead(sources)) {
      const due = sources.filter(({ ahead }) => ahead?.at === second);
      const parts = due.flatMap(({ ahead }) => ahead?.part ?? []);
      this.#writeSecond(second, parts, writer);
      for (const part of parts) writeMoments(part, { writer, isWatching: part.shard === watching?.number });
      for (const source of due) advance(source, second + 1);
      // Written records would otherwise wait in memory until the end.
      await writer.flushed();
      this.#options.progressed?.(Math.min(1, ((second + 1) * 1000) / lastMs));
    }
  }

  #writeSecond(second: number, parts: readonly PlacedSecond[], writer: RunFileWriter): void {
    const record = mergeFigures(second, parts);
    this.#sum.add(record);
    writer.writeSecond(record);
    this.#samples.merge(second, parts, (samples) => writer.writeHistogram(samples));
    for (const sketch of mergeSketches(second, parts)) writer.writeSketch(sketch);
    const health = worstHealth(second, parts);
    if (health !== undefined) writer.writeHealth(health);
  }
}

/** Writes the events of a shard's second, and the gateway's counters if this shard's count. */
function writeMoments(
  { shard, shift, second }: PlacedSecond,
  { writer, isWatching }: { readonly writer: RunFileWriter; readonly isWatching: boolean },
): void {
  for (const { elapsedMs, kind, text } of second.events) {
    writer.writeEvent({ elapsedMs: elapsedMs + shift * 1000, kind, text: `shard ${shard}: ${text}` });
  }
  if (!isWatching) return;
  for (const record of second.gateway) writer.writeGateway({ ...record, second: record.second + shift });
}

/** Reads the next second of a shard, which belongs to `least` or a later second of the merged run. */
function advance(source: Source, least: number): void {
  const { shard, shift, reader } = source;
  const second = reader.next();
  source.ahead = second && {
    at: Math.max(least, second.record.second + shift),
    part: { shard: shard.number, shift, second },
  };
}

function firstAhead(sources: readonly Source[]): number | undefined {
  const all = sources.flatMap(({ ahead }) => ahead?.at ?? []);
  return all.length === 0 ? undefined : Math.min(...all);
}

/** The header of the first shard, as that of a run of the whole plan. */
function mergedHeader(shards: readonly ShardRun[], share: number | undefined): RunHeader {
  const [first] = shards;
  if (first === undefined) throw new Error('a merged run has a shard');
  const { segment: _segment, shard: _shard, calibration: _calibration, ...common } = first.header;
  return {
    ...common,
    format: `${RUN_FORMAT.major}.${RUN_FORMAT.minor}`,
    startedAt: new Date(Math.min(...shards.map(({ startMs }) => startMs))).toISOString(),
    vus: shards.reduce((sum, { header }) => sum + header.vus, 0),
    threads: shards.reduce((sum, { header }) => sum + header.threads, 0),
    description: first.segment.description,
    metrics: allMetrics(shards),
    shards: shards.map(mergedShard),
    ...(share !== undefined && { share }),
  };
}

function mergedShard({ number, header, segment, end }: ShardRun): NonNullable<RunHeader['shards']>[number] {
  const { machine, node, version, startedAt, shard } = header;
  return {
    index: number,
    segment: segment.text,
    machine,
    node,
    version,
    startedAt,
    ...(shard?.clockOffsetMs !== undefined && { clockOffsetMs: shard.clockOffsetMs }),
    health: end.health.verdict,
  };
}

/** A script may define a metric in some virtual users only. */
function allMetrics(shards: readonly ShardRun[]): readonly MetricDefinition[] {
  const byName = new Map(shards.flatMap(({ header }) => header.metrics).map((metric) => [metric.name, metric]));
  return [...byName.values()];
}
