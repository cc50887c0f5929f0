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
 * The samples of one series, kind and second as they stand in the file, for who needs no histogram
 * of them: core/histogram-codec reads them.
 */
export interface EncodedRecord {
  readonly series: string;
  readonly kind: HistogramKind;
  readonly second: number;
  /** Only until the next record: the memory is used again. */
  readonly bytes: Uint8Array;
}

/** Which seconds' histograms are wanted; all others are skipped by their length. */
export interface HistogramWish {
  /** By series name; all of them when undefined. */
  readonly series?: readonly string[];
  /** `response` when undefined. */
  readonly kinds?: readonly HistogramKind[];
  /** Called in the order of the file. The record's histogram is used again for the next one. */
  readonly visit?: (record: HistogramRecord) => void;
  /** The same without a histogram. An error that it throws counts as damage of the file. */
  readonly visitEncoded?: (record: EncodedRecord) => void;
  /** The same for trends whose values are no times; each record has a sketch of its own. */
  readonly visitSketch?: (record: SketchRecord) => void;
}

/** What of a file is wanted besides its header, health, gateway, events and end. */
export interface RunWish {
  /** Whether seconds are wanted, or what of each: nothing where it gives undefined. */
  readonly seconds: boolean | ((second: SecondRecord) => SecondRecord | undefined);
  /** Whether `health` and `gateway` are wanted; true by default. */
  readonly health?: boolean;
  readonly histograms?: HistogramWish;
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
 * Takes the records of a file in their order and keeps what they say. Throws a plain `Error` when a
 * payload is not of its kind.
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
  readonly #wish: RunWish;

  constructor(wish: RunWish) {
    this.#wish = wish;
  }

  /**
   * Whether a record of this kind can say anything that is wanted; kinds of newer versions cannot.
   */
  wants(kind: string): boolean {
    if (kind === 'second') return this.#wish.seconds !== false;
    if (kind === 'health' || kind === 'gateway') return this.#wish.health ?? true;
    return KNOWN_KINDS.has(kind);
  }

  /** Whether a second's histograms of the series with this id are wanted. */
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
        this.#takeSecond(secondPayload.parse(json(payload)));
        return;
      default:
        this.#takeRare(kind, json(payload));
    }
  }

  #takeSecond(second: SecondRecord): void {
    const { seconds } = this.#wish;
    const kept = typeof seconds === 'function' ? seconds(second) : second;
    if (kept !== undefined) this.seconds.push(kept);
  }

  #takeRare(kind: string, value: unknown): void {
    switch (kind) {
      case 'header':
        this.header = headerPayload.parse(value);
        return;
      case 'series': {
        const { id, name } = seriesPayload.parse(value);
        this.#names.set(id, name);
        if (this.#isWanted(name)) this.#wantedIds.add(id);
        return;
      }
      case 'health':
        this.health.push(healthPayload.parse(value));
        return;
      case 'gateway':
        this.gateway.push(gatewayPayload.parse(value));
        return;
      case 'event':
        this.events.push(eventPayload.parse(value));
        return;
      case 'threshold':
        this.thresholds.push(thresholdPayload.parse(value));
        return;
      case 'end':
        this.end = endPayload.parse(value);
    }
  }

  #takeHistogram(payload: Buffer): void {
    const { histograms } = this.#wish;
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
    const kind = histogramKind.parse(kindText);
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
    kinds.add(histogramKind.parse(kindText), this.#base64.decode(payload, at));
    this.totals.set(series, kinds);
  }

  #isWanted(series: string): boolean {
    const { histograms } = this.#wish;
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

/** The first words of a payload, and behind them where the rest begins. */
function words(payload: Buffer, count: number): string[] {
  const head = payload.toString('latin1', 0, 64).split(' ', count);
  const start = head.reduce((sum, word) => sum + word.length + 1, 0);
  return [...head, String(start)];
}

/**
 * Decodes base64 into the same memory again and again: what it gives holds until the next call.
 * Hot: see bench/report.
 */
class Base64Scratch {
  #memory = Buffer.allocUnsafeSlow(4096);

  decode(payload: Buffer, start: string | undefined): Buffer {
    const text = payload.toString('latin1', Number(start));
    if (text.length > this.#memory.length) this.#memory = Buffer.allocUnsafeSlow(text.length * 2);
    return this.#memory.subarray(0, this.#memory.write(text, 'base64'));
  }
}
