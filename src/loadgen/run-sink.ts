import type {
  GatewayRecord,
  HealthRecord,
  HistogramRecord,
  RunEnd,
  RunEventRecord,
  RunHeader,
  SecondRecord,
  SketchRecord,
  ThresholdRecord,
} from '../run-file/records.js';

/** Where the engine writes the records of a run, in the order in which they arise; the run file's writer is one. */
export interface RunSink {
  writeHeader(header: RunHeader): void;
  writeSecond(second: SecondRecord): void;
  writeHistogram(histogram: HistogramRecord): void;
  writeSketch(sketch: SketchRecord): void;
  writeHealth(health: HealthRecord): void;
  writeGateway(gateway: GatewayRecord): void;
  writeEvent(event: RunEventRecord): void;
  writeThreshold(threshold: ThresholdRecord): void;
  writeEnd(end: RunEnd): void;
}
