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
} from '../../run-file/records.js';

/**
 * Receives the records of a run in chronological order. The writer of the run file is one
 * implementation.
 */
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

/** Passes each record to several sinks in order. */
export function teeSink(sinks: readonly RunSink[]): RunSink {
  const each = (write: (sink: RunSink) => void): void => {
    for (const sink of sinks) write(sink);
  };
  return {
    writeHeader: (header) => each((sink) => sink.writeHeader(header)),
    writeSecond: (second) => each((sink) => sink.writeSecond(second)),
    writeHistogram: (histogram) => each((sink) => sink.writeHistogram(histogram)),
    writeSketch: (sketch) => each((sink) => sink.writeSketch(sketch)),
    writeHealth: (health) => each((sink) => sink.writeHealth(health)),
    writeGateway: (gateway) => each((sink) => sink.writeGateway(gateway)),
    writeEvent: (event) => each((sink) => sink.writeEvent(event)),
    writeThreshold: (threshold) => each((sink) => sink.writeThreshold(threshold)),
    writeEnd: (end) => each((sink) => sink.writeEnd(end)),
  };
}
