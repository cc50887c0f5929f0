// The run files of many shards, merged in a process of its own. The limit is for 100 files of 1 h x 20
// metrics, 28 GB:
//   WSG_MERGE_FILES=100 WSG_MERGE_SECONDS=3600 TMPDIR=/a/large/disk npm run bench -- merge
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { METRICS, SAMPLES, writeLongRun } from '../support/long-run.mjs';

export const name = 'merge';

const FILES = Number(process.env.WSG_MERGE_FILES ?? 20);
const SECONDS = Number(process.env.WSG_MERGE_SECONDS ?? 60);
const LIMIT_S = 30;
const LIMIT_MB = 500;

async function writeShards(folder) {
  const paths = [];
  for (let index = 1; index <= FILES; index += 1) {
    const path = join(folder, `${index}.run`);
    const segment = {
      text: `${index - 1}/${FILES}:${index}/${FILES}`,
      period: FILES,
      from: index - 1,
      to: index,
      description: [],
    };
    await writeLongRun(path, SECONDS, { changes: { segment, shard: { index, count: FILES } } });
    paths.push(path);
  }
  return paths;
}

function mergeAll(paths, merged) {
  const module = (path) => JSON.stringify(pathToFileURL(join(import.meta.dirname, '../../dist', path)).href);
  const script = `
    import { readFileSync } from 'node:fs';
    import { prepareMerge } from ${module('report/merge/merge-runs.js')};
    import { RunFileWriter } from ${module('run-file/index.js')};
    // On Linux a child's maxRSS begins with that of the process that started it; VmHWM is its own.
    const peakMegabytes = () =>
      process.platform === 'linux'
        ? Number(/VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024
        : process.resourceUsage().maxRSS / 1024;
    const started = performance.now();
    const cpu = process.cpuUsage();
    const merge = await prepareMerge(${JSON.stringify(paths)}, { allowsMissing: false });
    const writer = await RunFileWriter.create(${JSON.stringify(merged)});
    await merge.write(writer);
    await writer.close();
    const { user, system } = process.cpuUsage(cpu);
    console.log(
      JSON.stringify({ ms: performance.now() - started, cpuMs: (user + system) / 1000, mb: peakMegabytes() }),
    );`;
  return JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }));
}

export async function measure() {
  const folder = mkdtempSync(join(tmpdir(), 'wsg-bench-'));
  try {
    const paths = await writeShards(folder);
    const bytes = paths.reduce((sum, path) => sum + statSync(path).size, 0);
    const { ms, cpuMs, mb } = mergeAll(paths, join(folder, 'merged.run'));
    const histograms = FILES * SECONDS * METRICS.length;
    const fullS = ((cpuMs / histograms) * 100 * 3600 * METRICS.length) / 1000;
    const isFull = FILES >= 100 && SECONDS >= 3600;
    const isHeld = ms / 1000 <= LIMIT_S && mb <= LIMIT_MB;
    return {
      title: `Merge: ${FILES} run files of ${SECONDS} s x ${METRICS.length} metrics`,
      rows: [
        { what: 'merge', figure: `${(ms / 1000).toFixed(1)} s` },
        { what: 'CPU', figure: `${(cpuMs / 1000).toFixed(1)} s` },
        { what: 'CPU a histogram', figure: `${((cpuMs * 1000) / histograms).toFixed(1)} µs` },
        { what: 'peak RSS', figure: `${mb.toFixed(0)} MB` },
        { what: 'read', figure: `${(bytes / 1e6).toFixed(0)} MB` },
      ],
      notes: [
        `${SAMPLES} samples a second and metric in each file.`,
        isFull
          ? `Limits: ${LIMIT_S} s and ${LIMIT_MB} MB: ${isHeld ? 'held' : 'MISSED'}.`
          : `At this rate, 100 files of 1 h would need ${fullS.toFixed(0)} s of CPU. WSG_MERGE_FILES=100 WSG_MERGE_SECONDS=3600 measures them (28 GB of disk).`,
      ],
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
