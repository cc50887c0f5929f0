// The prototype that froze the format: one gated metric of two run files of 1 h x 20 metrics in 0.5
// s and 200 MB.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { encodeIntoCompressedBase64, decodeFromCompressedBase64 } from 'hdr-histogram-js';
import { toHdrHistogram } from '../../dist/core/histogram/hdr-export.js';
import { Histogram } from '../../dist/core/histogram/histogram.js';
import { decodeHistogramInto, encodeHistogram } from '../../dist/core/histogram/histogram-codec.js';
import { fill, METRICS, SAMPLES, writeLongRun } from '../support/long-run.mjs';

export const name = 'run-file';

const SECONDS = 3600;
const RUNS = 5;

/**
 * In a process of its own, whose memory nothing else has touched: every second of one metric of
 * both files, as counts below 64 edges.
 */
function readBoth(paths) {
  const reader = pathToFileURL(join(import.meta.dirname, '../../dist/run-file/index.js')).href;
  const layout = pathToFileURL(join(import.meta.dirname, '../../dist/core/histogram/histogram-layout.js')).href;
  const script = `
    import { readFileSync } from 'node:fs';
    // On Linux a child's maxRSS begins with that of the process that started it; VmHWM is its own.
    const peakMegabytes = () =>
      process.platform === 'linux'
        ? Number(/VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024
        : process.resourceUsage().maxRSS / 1024;
    import { readRun } from ${JSON.stringify(reader)};
    import { indexOfMs } from ${JSON.stringify(layout)};
    const started = performance.now();
    let seconds = 0;
    for (const path of ${JSON.stringify(paths)}) {
      const counts = [];
      const visit = ({ histogram }) => {
        const row = new Float64Array(64);
        let below = 0;
        let index = histogram.firstIndex;
        for (let edge = 0; edge < 64; edge += 1) {
          for (const last = indexOfMs(10 + edge / 4); index <= last; index += 1) below += histogram.counts[index];
          row[edge] = below;
        }
        counts.push(row);
      };
      const run = await readRun(path, { seconds: false, histograms: { series: ['metric_07'], visit } });
      if (!run.complete) throw new Error('the file is not complete');
      seconds += counts.length;
    }
    console.log(JSON.stringify({ seconds, ms: performance.now() - started, mb: peakMegabytes() }));`;
  return JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }));
}

function median(values) {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)];
}

function microseconds(task, times = 2000) {
  for (let i = 0; i < times; i += 1) task();
  const started = performance.now();
  for (let i = 0; i < times; i += 1) task();
  return (((performance.now() - started) * 1000) / times).toFixed(1);
}

function codecRows() {
  const histogram = new Histogram();
  fill(histogram, SAMPLES);
  const bytes = encodeHistogram(histogram);
  const library = toHdrHistogram(histogram);
  const text = encodeIntoCompressedBase64(library);
  const target = new Histogram();
  return [
    { what: 'a second encoded: sparse varints, base64', figure: `${Math.ceil((bytes.length * 4) / 3)} bytes` },
    { what: 'a second encoded: hdr-histogram-js', figure: `${text.length} bytes` },
    {
      what: 'decode: sparse varints',
      figure: `${microseconds(() => {
        target.reset();
        decodeHistogramInto(bytes, target);
      })} µs`,
    },
    { what: 'decode: hdr-histogram-js', figure: `${microseconds(() => decodeFromCompressedBase64(text, 64), 300)} µs` },
  ];
}

export async function measure() {
  const folder = mkdtempSync(join(tmpdir(), 'wsg-bench-'));
  try {
    const paths = [join(folder, 'base.run'), join(folder, 'new.run')];
    await writeLongRun(paths[0], SECONDS);
    copyFileSync(paths[0], paths[1]);
    const reads = Array.from({ length: RUNS }, () => readBoth(paths));
    const ms = median(reads.map((read) => read.ms));
    const mb = Math.max(...reads.map((read) => read.mb));
    return {
      title: 'Run file: one gated metric of two files of 1 h x 20 metrics',
      rows: [
        { what: 'read, every second of one metric of both files', figure: `${ms.toFixed(0)} ms` },
        { what: 'peak RSS of the reading process', figure: `${mb.toFixed(0)} MB` },
        { what: 'size of a file', figure: `${(statSync(paths[0]).size / 1e6).toFixed(0)} MB` },
        ...codecRows(),
      ],
      notes: [
        `${SECONDS} s x ${METRICS.length} metrics, ${SAMPLES} samples a second and metric; ${reads[0].seconds} histograms decoded; median of ${RUNS} reads, files in the page cache.`,
        `Limits: 500 ms and 200 MB: ${ms <= 500 && mb <= 200 ? 'held' : 'MISSED'}.`,
      ],
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
