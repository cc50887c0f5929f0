// What a text verdict on two runs of 1, 10 and 60 minutes with 20 metrics costs: whole processes.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeLongRun } from '../support/long-run.mjs';

const ENTRY = join(import.meta.dirname, '../../bin/run.js');
const MINUTES = [1, 10, 60];
const TURNS = 5;
const LIMIT = { ms: 1500, megabytes: 300 };
const GATES = ['metric_00 p(50) < +10%', 'metric_00 p(99) < +10%', 'metric_01 p(95) < +10%'];
/** Tells at its end how much memory the process had. On Linux a child's maxRSS begins with that of the process that started it; VmHWM is its own. */
const PRELOAD = `data:text/javascript,${encodeURIComponent(`
  import { readFileSync } from 'node:fs';
  process.on('exit', () => {
    const peak = process.platform === 'linux'
      ? Number(/VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1])
      : process.resourceUsage().maxRSS;
    process.stderr.write(String(peak));
  });`)}`;

function report(files) {
  const args = ['--import', PRELOAD, ENTRY, 'report', ...files, ...GATES.flatMap((gate) => ['--gate', gate])];
  const startedAt = performance.now();
  const { status, stderr, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  const ms = performance.now() - startedAt;
  if (status === null || ![0, 10].includes(status) || !stdout.includes('metric_01'))
    throw new Error(`${status}: ${stderr}${stdout}`);
  return { ms, megabytes: Number(stderr) / 1024 };
}

function middle(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

export async function measure() {
  const folder = mkdtempSync(join(tmpdir(), 'wsg-bench-report-'));
  try {
    const rows = [];
    for (const minutes of MINUTES) {
      const files = [join(folder, `a${minutes}.run`), join(folder, `b${minutes}.run`)];
      for (const file of files) await writeLongRun(file, minutes * 60);
      const turns = Array.from({ length: TURNS }, () => report(files));
      const [ms, megabytes] = [middle(turns.map((turn) => turn.ms)), middle(turns.map((turn) => turn.megabytes))];
      const holds = ms <= LIMIT.ms && megabytes <= LIMIT.megabytes;
      rows.push({
        'two runs of': `${minutes} min`,
        'MB of files': Math.round(files.reduce((sum, file) => sum + statSync(file).size, 0) / 1e6),
        'ms, median': ms.toFixed(0),
        'MB resident at most': megabytes.toFixed(0),
        'wanted at 60 min':
          minutes === 60 ? `${LIMIT.ms} ms, ${LIMIT.megabytes} MB: ${holds ? 'holds' : 'MISSED'}` : '',
      });
    }
    return {
      title: 'wsg report BASE NEW: 20 metrics, three gates',
      rows,
      notes: [`Medians of ${TURNS} whole processes, start-up included.`],
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
