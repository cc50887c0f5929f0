// Measures the cost of a text verdict, as whole processes, on two runs of 1, 10 and 60 minutes with
// 20 metrics, on two of a day, and on two with ten thousand submetrics.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeLongRun } from '../support/long-run.mjs';

const ENTRY = join(import.meta.dirname, '../../bin/run.js');
const TURNS = 5;
const SHAPES = [
  { what: '1 min', seconds: 60 },
  { what: '10 min', seconds: 600 },
  { what: '60 min', seconds: 3600, limit: { ms: 1500, megabytes: 300 } },
  // A day of 2,000 samples a second would be 7 GB a file; the memory is the same for 100.
  {
    what: '24 h, 4 metrics',
    seconds: 86_400,
    options: { samples: 100, series: ['metric_00', 'metric_01', 'metric_02', 'metric_03'] },
    limit: { megabytes: 200 },
  },
  {
    what: '1 min, 10,000 submetrics',
    seconds: 60,
    options: {
      samples: 30,
      series: [
        'metric_00',
        'metric_01',
        ...Array.from({ length: 10_000 }, (_, index) => `metric_01{name:/path/${index}}`),
      ],
    },
    limit: { megabytes: 500 },
  },
];
const GATES = ['metric_00 p(50) < +10%', 'metric_00 p(99) < +10%', 'metric_01 p(95) < +10%'];
/**
 * Tells at its end how much memory the process had. On Linux a child's maxRSS begins with that of
 * the process that started it; VmHWM is its own.
 */
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
  if (status === null || ![0, 10, 12].includes(status) || !stdout.includes('metric_01'))
    throw new Error(`${status}: ${stderr}${stdout}`);
  return { ms, megabytes: Number(stderr) / 1024 };
}

function middle(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

function wanted(limit, { ms, megabytes }) {
  const holds = !(ms > limit.ms) && !(megabytes > limit.megabytes);
  const said = [...(limit.ms === undefined ? [] : [`${limit.ms} ms`]), `${limit.megabytes} MB`].join(', ');
  return `${said}: ${holds ? 'holds' : 'MISSED'}`;
}

export async function measure() {
  const folder = mkdtempSync(join(tmpdir(), 'wsg-bench-report-'));
  try {
    const rows = [];
    for (const { what, seconds, options, limit } of SHAPES) {
      const files = [join(folder, 'a.run'), join(folder, 'b.run')];
      for (const file of files) await writeLongRun(file, seconds, options);
      const turns = Array.from({ length: TURNS }, () => report(files));
      const [ms, megabytes] = [middle(turns.map((turn) => turn.ms)), middle(turns.map((turn) => turn.megabytes))];
      rows.push({
        'two runs of': what,
        'MB of files': Math.round(files.reduce((sum, file) => sum + statSync(file).size, 0) / 1e6),
        'ms, median': ms.toFixed(0),
        'MB resident at most': megabytes.toFixed(0),
        wanted: limit === undefined ? '' : wanted(limit, { ms, megabytes }),
      });
      for (const file of files) rmSync(file);
    }
    return {
      title: 'wsg report BASE NEW: 20 metrics unless said, three gates',
      rows,
      notes: [`Medians of ${TURNS} whole processes, start-up included.`],
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
