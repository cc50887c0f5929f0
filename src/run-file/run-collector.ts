import { Histogram } from '../core/histogram/histogram.js';
import { decodeHistogramInto } from '../core/histogram/histogram-codec.js';
import { decodeSketchInto } from '../core/histogram/sketch-codec.js';
import { ValueSketch } from '../core/histogram/value-sketch.js';
import { EncodedHistograms } from './encoded-histograms.js';
import { VALUE_KIND, type RecordKind } from './record-line.js';
import {
  endPayload,
  eventPayload,
  gatewayPayload,
  headerPayload,
  healthPayload,
  histogramKind,
  secondPayload,
  seriesPayload,
  thresholdPayload,
  type EndPayload,
} from './record-schemas.js';
import type {
  GatewayRecord,
  HealthRecord,
  HistogramKind,
  HistogramRecord,
  RunEventRecord,
  RunHeader,
  SecondRecord,
  SketchRecord,
  ThresholdRecord,
} from './records.js';

/**
 * The encoded samples of one series, kind and second, for callers that do not need a histogram; see
 * core/histogram/histogram-codec.
 */
export interface EncodedRecord {
  readonly series: string;
  readonly kind: HistogramKind;
  readonly second: number;
  /** Valid until the next record, which reuses the memory. */
  readonly bytes: Uint8Array;
}

/** The histograms of seconds to read; all others are skipped. */
export interface HistogramOptions {
  /** Names of series; all if undefined. */
  readonly series?: readonly string[];
  /** Kinds of histograms; `response` if undefined. */
  readonly kinds?: readonly HistogramKind[];
  /** Called in the order of the file. The histogram is reused for the next record. */
  readonly visit?: (record: HistogramRecord) => void;
  /** The same with encoded samples. An error that it throws counts as damage of the file. */
  readonly visitEncoded?: (record: EncodedRecord) => void;
  /** The same for trends of other values than times; each record has its own sketch. */
  readonly visitSketch?: (record: SketchRecord) => void;
}

/** The records to read besides header, events and end. */
export interface CollectOptions {
  /**
   * Whether seconds are kept, or a function that returns what to keep of each; undefined keeps
   * nothing.
   */
  readonly seconds: boolean | ((second: SecondRecord) => SecondRecord | undefined);
  /** Whether `health` and `gateway` are kept. Default: true. */
  readonly health?: boolean;
  readonly histograms?: HistogramOptions;
}

const KNOWN_KINDS: ReadonlySet<string> = new Set<RecordKind>([
  'header',
  'series',
  'second',
  'health',
  'gateway',
  'event',
  'total',
  'threshold',
  'end',
]);

/**
 * Collects the records of a file in their order. Throws a plain `Error` if a payload does not match
 * its kind.
 */
export class RunCollector {
  header: RunHeader | undefined;
  end: EndPayload | undefined;
  readonly seconds: SecondRecord[] = [];
  readonly health: HealthRecord[] = [];
  readonly gateway: GatewayRecord[] = [];
  readonly events: RunEventRecord[] = [];
  readonly thresholds: ThresholdRecord[] = [];
  readonly totals = new Map<string, EncodedHistograms>();
  readonly sketches = new Map<string, ValueSketch>();
  readonly #names = new Map<number, string>();
  readonly #scratch = new Histogram();
  readonly #base64 = new Base64Scratch();
  readonly #wantedIds = new Set<number>();
  readonly #options: CollectOptions;

  constructor(options: CollectOptions) {
    this.#options = options;
  }

  /** Whether records of this kind are needed; kinds of newer versions are not. */
  wants(kind: string): boolean {
    if (kind === 'second') return this.#options.seconds !== false;
    if (kind === 'health' || kind === 'gateway') return this.#options.health ?? true;
    return KNOWN_KINDS.has(kind);
  }

  /** Whether histograms of the series with this id are needed. */
  wantsHistogramOf(id: number | undefined): boolean {
    return id !== undefined && this.#wantedIds.has(id);
  }

  take(kind: string, payload: Buffer): void {
    switch (kind) {
      case 'histogram':
        return this.#takeHistogram(payload);
      case 'total':
        return this.#takeTotal(payload);
      case 'second':
        this.#takeSecond(secondPayload(json(payload)));
        return;
      default:
        this.#takeRare(kind, json(payload));
    }
  }

  #takeSecond(second: SecondRecord): void {
    const { seconds } = this.#options;
    const kept = typeof seconds === 'function' ? seconds(second) : second;
    if (kept !== undefined) this.seconds.push(kept);
  }

  #takeRare(kind: string, value: unknown): void {
    switch (kind) {
      case 'header':
        this.header = headerPayload(value);
        return;
      case 'series': {
        const { id, name } = seriesPayload(value);
        this.#names.set(id, name);
        if (this.#isWanted(name)) this.#wantedIds.add(id);
        return;
      }
      case 'health':
        this.health.push(healthPayload(value));
        return;
      case 'gateway':
        this.gateway.push(gatewayPayload(value));
        return;
      case 'event':
        this.events.push(eventPayload(value));
        return;
      case 'threshold':
        this.thresholds.push(thresholdPayload(value));
        return;
      case 'end':
        this.end = endPayload(value);
    }
  }

  #takeHistogram(payload: Buffer): void {
    const { histograms } = this.#options;
    if (histograms === undefined) return;
    const [idText = '', kindText, secondText, at] = words(payload, 3);
    const series = this.#nameOf(idText);
    const { kinds = ['response'], visit, visitEncoded, visitSketch } = histograms;
    if (kindText === VALUE_KIND) {
      const sketch = new ValueSketch();
      decodeSketchInto(this.#base64.decode(payload, at), sketch);
      visitSketch?.({ series, second: Number(secondText), sketch });
      return;
    }
    const kind = histogramKind(kindText);
    if (!kinds.includes(kind)) return;
    const second = Number(secondText);
    const bytes = this.#base64.decode(payload, at);
    visitEncoded?.({ series, kind, second, bytes });
    if (visit === undefined) return;
    this.#scratch.reset();
    decodeHistogramInto(bytes, this.#scratch);
    visit({ series, kind, second, histogram: this.#scratch });
  }

  #takeTotal(payload: Buffer): void {
    const [idText = '', kindText, at] = words(payload, 2);
    if (kindText === VALUE_KIND) {
      const sketch = this.sketches.get(this.#nameOf(idText)) ?? new ValueSketch();
      decodeSketchInto(this.#base64.decode(payload, at), sketch);
      this.sketches.set(this.#nameOf(idText), sketch);
      return;
    }
    const series = this.#nameOf(idText);
    const kinds = this.totals.get(series) ?? new EncodedHistograms();
    kinds.add(histogramKind(kindText), this.#base64.decode(payload, at));
    this.totals.set(series, kinds);
  }

  #isWanted(series: string): boolean {
    const { histograms } = this.#options;
    return histograms !== undefined && (histograms.series?.includes(series) ?? true);
  }

  #nameOf(idText: string): string {
    const name = this.#names.get(Number(idText));
    if (name === undefined) throw new Error(`no series has the id ${idText}`);
    return name;
  }
}

function json(payload: Buffer): unknown {
  return JSON.parse(payload.toString('utf8'));
}

/** The first words of a payload, followed by the offset of the rest. Hot path: see bench/report. */
function words(payload: Buffer, count: number): string[] {
  const found: string[] = [];
  let start = 0;
  for (let end = 0; found.length < count && start <= payload.length; start = end + 1) {
    end = start;
    while (end < payload.length && payload[end] !== SPACE) end += 1;
    found.push(payload.toString('latin1', start, end));
  }
  found.push(String(start));
  return found;
}

const SPACE = 0x20;

/**
 * Decodes base64 into memory that is reused; the result is valid until the next call. Hot path: see
 * bench/report.
 */
class Base64Scratch {
  #memory = Buffer.allocUnsafeSlow(4096);

  decode(payload: Buffer, start: string | undefined): Buffer {
    const text = payload.toString('latin1', Number(start));
    if (text.length > this.#memory.length) this.#memory = Buffer.allocUnsafeSlow(text.length * 2);
    return this.#memory.subarray(0, this.#memory.write(text, 'base64'));
  }
}
