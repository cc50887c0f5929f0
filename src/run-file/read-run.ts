import { WsgError } from '../core/error.js';
import { EncodedHistograms } from './encoded-histograms.js';
import { LineScanner, type FilePlace } from './line-scanner.js';
import { checkMagic, openRun } from './open-run.js';
import type { RecordKind } from './record-line.js';
import type { Run, RunEnd, RunEventRecord, RunHeader, SecondRecord, SketchRecord, TrendTotals } from './records.js';
import type { EndPayload } from './record-schemas.js';
import { ValueSketch } from '../core/histogram/value-sketch.js';
import { RunCollector, type EncodedRecord, type CollectOptions, type HistogramOptions } from './run-collector.js';
import { SecondsSum } from './sum-seconds.js';

export interface ReadRunOptions {
  /**
   * False leaves `seconds` empty, which saves a large part of the cost; a function chooses what is
   * kept of each second. Default: true.
   */
  readonly seconds?: CollectOptions['seconds'];
  /** False leaves `health` and `gateway` empty. Default: true. */
  readonly health?: boolean;
  /** The histograms of seconds that the caller wants to visit. Default: none. */
  readonly histograms?: HistogramOptions;
}

const ALL_KINDS = ['response', 'service', 'lag'] as const;

/**
 * Reads a run file in bounded memory. A truncated file gives a run with `complete: false`, whose
 * totals are added up from its seconds. Throws `run-file.not-found`, `run-file.foreign`,
 * `run-file.newer` or `run-file.empty`.
 */
export async function readRun(path: string, options: ReadRunOptions = {}): Promise<Run> {
  const file = await openRun(path);
  try {
    const place = await checkMagic(file, path);
    const { seconds = true, health = true, histograms } = options;
    const first = scan(place, { seconds, health, histograms });
    return first.isComplete ? completeRun(first.collector) : cutRun(path, place, first);
  } finally {
    await file.close();
  }
}

/** Reads only the first record of a run. Throws the errors of `readRun`. */
export async function readHeader(path: string): Promise<RunHeader> {
  const file = await openRun(path);
  try {
    const scanner = new LineScanner(await checkMagic(file, path));
    const collector = new RunCollector({ seconds: false });
    const broken = takeAll(scanner, collector, () => collector.header !== undefined);
    if (collector.header === undefined) throw emptyRun(path, broken);
    return collector.header;
  } finally {
    await file.close();
  }
}

/** The header and the end of a run, without its seconds. */
export type RunOutline = Pick<Run, 'header' | 'thresholds' | 'end' | 'complete'>;

/** Length of the end that is read of longer files: enough for the totals of dozens of series. */
const TAIL_BYTES = 2 << 20;
/** Kinds of records that come before all totals. */
const OF_SECONDS: ReadonlySet<string> = new Set(['second', 'histogram', 'health', 'gateway'] satisfies RecordKind[]);

/**
 * Reads a run without its seconds. Of a long file, only the beginning and the end are read, if they
 * are sufficient. Throws the errors of `readRun`.
 */
export async function readOutline(path: string): Promise<RunOutline> {
  const file = await openRun(path);
  try {
    const place = await checkMagic(file, path);
    if (place.size > 2 * TAIL_BYTES) {
      const collector = new RunCollector({ seconds: false });
      if (takeEnds(place, collector)) return completeRun(collector);
    }
  } finally {
    await file.close();
  }
  return readRun(path, { seconds: false });
}

/**
 * Reads the records of the first second and those at the end. Returns false if they are not
 * sufficient.
 */
function takeEnds(place: FilePlace, collector: RunCollector): boolean {
  const head = new LineScanner(place);
  let seconds = 0;
  takeAll(head, collector, (kind) => kind === 'second' && ++seconds > 1);
  const tailStart = LineScanner.lineAfter(place.fd, place.size - TAIL_BYTES);
  if (tailStart === undefined) return false;
  // Without a record of a second in the tail, totals may begin before it.
  let hasSeconds = false;
  const broken = takeAll(new LineScanner({ ...place, start: tailStart }), collector, (kind) => {
    hasSeconds ||= OF_SECONDS.has(kind);
    return false;
  });
  return broken === undefined && hasSeconds && collector.header !== undefined && collector.end !== undefined;
}

interface ScanResult {
  readonly collector: RunCollector;
  /** The problem that stopped the scan before the end of the file, as a sentence. */
  readonly broken: string | undefined;
  readonly isComplete: boolean;
}

function scan(place: FilePlace, options: CollectOptions): ScanResult {
  const scanner = new LineScanner(place);
  const collector = new RunCollector(options);
  const broken = takeAll(scanner, collector);
  const isComplete = broken === undefined && collector.header !== undefined && collector.end !== undefined;
  return { collector, broken, isComplete };
}

/**
 * Reads records up to the end of the file, to damage, or until `isEnough`. Returns what stopped it
 * early.
 */
function takeAll(
  scanner: LineScanner,
  collector: RunCollector,
  isEnough: (kind: string) => boolean = () => false,
): string | undefined {
  let offset = scanner.offset;
  for (let place = scanner.next(); place !== undefined; place = scanner.next()) {
    try {
      const isWanted =
        place.kind === 'histogram'
          ? collector.wantsHistogramOf(scanner.leadingNumber(place))
          : collector.wants(place.kind);
      if (isWanted) collector.take(place.kind, scanner.payload(place));
    } catch {
      return `the file is damaged at byte ${offset} (a "${place.kind}" record)`;
    }
    offset = scanner.offset;
    if (isEnough(place.kind)) return undefined;
  }
  return scanner.end === 'damaged' ? `the file is damaged at byte ${scanner.offset}` : undefined;
}

function completeRun({ header, end, totals, sketches, ...records }: RunCollector): Run {
  if (header === undefined || end === undefined) throw new Error('a complete run has a header and an end');
  const { seconds, health, gateway, events, thresholds } = records;
  const whole = withHistograms(end, totals, sketches);
  return { header, seconds, health, gateway, events, thresholds, end: whole, complete: true };
}

/** Reads a truncated file a second time, since its totals must be added up from its seconds. */
function cutRun(path: string, place: FilePlace, first: ScanResult): Run {
  const totals = new Map<string, EncodedHistograms>();
  const visitEncoded = ({ series, kind, bytes }: EncodedRecord): void => {
    const kinds = totals.get(series) ?? new EncodedHistograms();
    kinds.add(kind, bytes);
    totals.set(series, kinds);
  };
  const sketches = new Map<string, ValueSketch>();
  const visitSketch = ({ series, sketch }: SketchRecord): void => {
    const sum = sketches.get(series) ?? new ValueSketch();
    sum.add(sketch);
    sketches.set(series, sum);
  };
  const sum = new SecondsSum();
  const addSecond = (second: SecondRecord): undefined => {
    sum.add(second);
  };
  const { collector } = scan(place, {
    seconds: addSecond,
    histograms: { kinds: ALL_KINDS, visitEncoded, visitSketch },
  });
  const { header, seconds, health, gateway, events } = first.collector;
  if (header === undefined || sum.seconds === 0) throw emptyRun(path, first.broken);
  const end = withHistograms(sum.end(collector.health, collector.gateway), totals, sketches);
  const text = first.broken ?? 'the file ends without an end record';
  const cut: RunEventRecord = { elapsedMs: end.totals.durationMs, kind: 'interruption', text };
  return { header, seconds, health, gateway, events: [...events, cut], thresholds: [], end, complete: false };
}

function withHistograms(
  end: EndPayload,
  histograms: ReadonlyMap<string, EncodedHistograms>,
  sketches: ReadonlyMap<string, ValueSketch>,
): RunEnd {
  const trends = Object.entries(end.totals.trends).map(([series, figures]): [string, TrendTotals] => {
    const sketch = sketches.get(series);
    return [series, { ...figures, histograms: histograms.get(series)?.byKind ?? {}, ...(sketch && { sketch }) }];
  });
  return { ...end, totals: { ...end.totals, trends: Object.fromEntries(trends) } };
}

function emptyRun(path: string, broken: string | undefined): WsgError {
  const why = broken === undefined ? 'the run ended before its first second' : broken;
  return new WsgError('run-file.empty', `The run file ${path} contains no second of a run: ${why}.`);
}
